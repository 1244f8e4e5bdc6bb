"""What all rules of the model stand on: trying something, and saying what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pyotp
from hypothesis import currently_in_test_context, note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from tests import cast
from tests.model import doors
from tests.model.doors import Browser, Outcome
from tests.model.picture import Account, Invitation, Link, Session
from tests.model.world import ORGANIZATIONS, World
from webapp import clock
from webapp.db import db
from webapp.domain.audit import verification
from webapp.domain.invitations import links
from webapp.models import Invitation as Row
from webapp.models import User

BO, ADA = "bo@example.org", "ada@example.org"
PEOPLE = [cast.PRIYA, cast.MARCO, cast.CHEN, cast.EVE, BO, ADA]
AN_ADMIN = "an admin"
PAGE, API, VERB = "page", "api", "verb"
SESSION = timedelta(days=30)
UNSEEN = {"SponsorshipsHandedOver"}  # who sponsors whom is not in the picture

slugs = st.sampled_from(ORGANIZATIONS)
people = st.sampled_from(PEOPLE)
actors = st.sampled_from([AN_ADMIN] * 6 + PEOPLE)
roles = st.sampled_from(["contributor", "manager", "admin"])
ways = st.sampled_from([PAGE, API, VERB])
picks = st.integers(0, 3)


class Base(RuleBasedStateMachine):
    """A walk: the world, the picture of it, and how each step is taken."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.app = world.app
        self.picture = world.begin()
        self.numbers = self.turn = 0

    def teardown(self) -> None:
        """At the end of a walk the trail is whole; then everything is put away."""
        try:
            with self.app.app_context():
                findings = [
                    str(one) for report in verification.everything() for one in report.findings
                ]
                db.session.remove()
            assert not findings, findings
        finally:
            self.world.end()

    def tries(
        self,
        rule: str,
        words: str,
        may: bool | None,
        act: Callable[[], Outcome],
        *events: str,
        refused: tuple[str, ...] = (),
    ) -> Outcome:
        """Do it: done if it `may` (None: either), with these events on record and no others."""
        self.world.tried[rule] += 1
        outcome = act()
        if currently_in_test_context():
            note(f"{clock.now():%d %H:%M:%S}  {words}: {outcome.words}")
        if may is not None:
            assert outcome.done == may, (
                f"{words}: {outcome.words}, though it {'may' if may else 'may not'}"
            )
        self.world.done[rule] += outcome.done
        wanted = Counter(events if outcome.done else () if outcome.limited else refused)
        written = Counter(one.name for one in self.world.new_events() if one.name not in UNSEEN)
        assert written == wanted, f"{words}: wrote {written}, not {wanted}"
        return outcome

    def password(self) -> str:
        """One that nobody has used yet."""
        self.numbers += 1
        return f"seven bars and {self.numbers} more of them"

    def actor(self, slug: str, by: str) -> Account | None:
        """Whom a rule means by a person, or by an admin of the organization."""
        if by != AN_ADMIN:
            return self.picture.accounts.get(by)
        admins = self.picture.admins(slug)
        return self.picture.accounts[admins[self.numbers % len(admins)]]

    def one(self, kind: str, pick: int) -> Invitation | None:
        """An invitation: an open one, an ended one, or any; the newest is number 0."""
        found = [
            one
            for one in self.picture.invitations
            if kind == "any" or (one.status() == "pending") == (kind == "open")
        ]
        return found[-1 - pick % len(found)] if found else None

    def link(
        self, kind: str, pick: int, *, mailed: bool, known: bool = False
    ) -> tuple[Invitation, Link, str] | None:
        """A link that stands so, with its token; if asked, to an address that has an account."""
        found = [
            (one, link, token)
            for one in self.picture.invitations
            for link in one.links
            if (token := link.mailed if mailed else link.copied)
            and kind in ("any", self.picture.standing(one, link))
            and (not known or one.email in self.picture.accounts)
        ]
        return found[-1 - pick % len(found)] if found else None

    def user(self, account: Account) -> User:
        """The account's row, inside an application context."""
        return db.session.get_one(User, account.id)

    def copied(self, invitation_id: int) -> str:
        """The token of the present link, as an admin copies it."""
        with self.app.app_context():
            token = links.token(db.session.get_one(Row, invitation_id), links.COPIED)
            db.session.remove()
        return token

    def code(self, account: Account) -> str:
        """A code of the account's app that was not used yet; time passes for it if it must."""
        if account.factor is None:
            return ""
        if self.step() <= account.step:
            self.world.move(timedelta(seconds=30 * (account.step - self.step() + 1)))
        account.step = self.step()
        return pyotp.TOTP(account.factor).at(clock.now())

    @staticmethod
    def step() -> int:
        """Which half minute it is, by which codes change."""
        return int(clock.now().timestamp()) // 30

    def session_of(self, account: Account | None) -> str | None:
        """The account's newest browser; it signs in if it must."""
        if account is None or account.deleted:
            return None
        live = [one for one in account.live() if one.place is None]
        return (live[-1] if live else self.enter(account)).token

    def enter(self, account: Account) -> Session:
        """Sign in on the page."""
        code, browser = self.code(account), Browser(self.app)

        def act() -> Outcome:
            outcome = browser.post("/login", email=account.email, password=account.password)
            if not (outcome.done and account.factor):
                return outcome
            assert outcome.given is None, "signed in without the second factor"
            return browser.post("/login/code", code=code)

        outcome = self.tries("sign_in", f"{account.email} signs in", True, act, "SignedIn")
        return self.began(account, outcome.given)

    def began(self, account: Account, token: str, place: str | None = None) -> Session:
        """A session that has just begun."""
        session = Session(token, clock.now() + SESSION, place)
        account.sessions.append(session)
        return session

    def bearer(self, account: Account, slug: str) -> str | None:
        """A key or token by which a program of the account's acts there; None where it cannot."""
        for key in self.picture.keys:
            if key.alive and key.maker is account and key.slug == slug:
                return key.secret
        live = [one for one in account.live() if one.place == slug]
        if live or not self.picture.may(slug, account, *("admin", "manager", "contributor")):
            return live[-1].token if live else None
        body = {"email": account.email, "password": account.password, "organization": slug}
        if account.factor:
            body["code"] = self.code(account)
        words = f"{account.email} signs in to {slug} by program"
        outcome = self.tries(
            "sign_in",
            words,
            True,
            lambda: doors.call(self.app, "POST", "/sessions", body),
            "SignedIn",
        )
        return self.began(account, outcome.given["access_token"], slug).token

    def day(self) -> str:
        """The day by which mails are counted."""
        return clock.day()

    def now(self) -> datetime:
        """The present moment."""
        return clock.now()
