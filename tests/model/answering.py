"""Rules: what happens to a link in whosever hands it is."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model import doors
from tests.model.base import API, PAGE, VERB, people, picks, ways
from tests.model.doors import Browser, Outcome
from tests.model.inviting import Inviting
from tests.model.picture import GUESSES, Account, Invitation, Member
from webapp.domain.accounts import people as persons
from webapp.domain.invitations import acceptances, renewal_requests

kinds = st.sampled_from(
    ["open"] * 6 + ["any", "superseded", "expired", "revoked", "declined", "accepted", "closed"]
)
ended = st.sampled_from(["superseded", "superseded", "expired", "expired", "any"])
pages = st.sampled_from([PAGE, VERB])
visitors = st.sampled_from(["nobody", "nobody", "the invited", "somebody else"])


class Answering(Inviting):
    """Open, accept, join, decline, renew."""

    @precondition(lambda self: self.picture.invitations)
    @rule(kind=kinds, pick=picks, mailed=st.booleans())
    def open_link(self, kind: str, pick: int, mailed: bool) -> None:
        found = self.link(kind, pick, mailed=mailed)
        if found is None:
            return
        its, link, token = found
        standing = self.picture.standing(its, link)

        def act() -> Outcome:
            status = Browser(self.app).get(f"/register?token={token}").status_code
            return Outcome(status == 200, str(status))

        wrote = () if its.opened else ("InvitationOpened",)
        words = f"somebody opens the {standing} link {link.number} of invitation {its.id}"
        self.tries("open_link", words, standing == "open", act, *wrote, refused=wrote)
        its.opened = True

    @precondition(lambda self: self.picture.invitations)
    @rule(kind=kinds, pick=picks, mailed=st.booleans(), way=ways)
    def accept(self, kind: str, pick: int, mailed: bool, way: str) -> None:
        found = self.link(kind, pick, mailed=mailed)
        if found is None:
            return
        its, link, token = found
        account, standing = self.picture.accounts.get(its.email), self.picture.standing(its, link)
        name, password = f"Person {self.numbers}", self.password()
        body = {"token": token, "full_name": name, "password": password}

        def act() -> Outcome:
            if way == PAGE:
                return Browser(self.app).post("/register", **body)
            if way == API:
                return doors.call(self.app, "POST", "/invitations/accept", body)
            return doors.verb(self.app, lambda: acceptances.accept(**body).session_token)

        takes_over = self.picture.takes_over(its, mailed=mailed)
        is_member = (its.slug, its.email) in self.picture.members
        may: bool | None = standing == "open" and (account is None or takes_over)
        if may and is_member:
            may = None  # an older invitation of somebody who joined by another one since
        # The new password is a wrong one of the account there is, where such a one is asked for.
        is_guess = standing == "open" and account is not None and not takes_over
        is_guess = is_guess and (not mailed or way == API)
        keys = [one for one in self.picture.keys if one.alive and one.maker is account]
        outcome = self.tries(
            "take_over" if account and may else "accept",
            self._words(f"make an account for {its.email}", its, standing, mailed, way),
            may,
            act,
            *("InvitationAccepted", *(["ApiKeyRevoked"] * len(keys))),
            refused=("SignInFailed",) if is_guess else (),
        )
        its.guesses += is_guess
        if not outcome.done:
            return
        if account is None:
            account = self._new_account(its, name, password, mailed)
        else:
            self.handed_over(account, password)
            account.name = name
        self._joined(its, account, self._token(outcome, way), way)

    @precondition(lambda self: self.picture.invitations)
    @rule(kind=kinds, pick=picks, mailed=st.booleans(), way=ways, who=visitors, other=people)
    def join(self, kind: str, pick: int, mailed: bool, way: str, who: str, other: str) -> None:
        found = self.link(kind, pick, mailed=mailed, known=True)
        account = self.picture.accounts[found[0].email] if found else None
        if found is None or account is None:
            return
        its, link, token = found
        visitor = account if who == "the invited" else None
        if who == "somebody else" and other != its.email:
            visitor = self.picture.accounts.get(other)
        visitor = visitor if way != API else None
        session = self.session_of(visitor) if visitor and way == PAGE else None
        code = self.code(account) if visitor is None else ""
        typed = {"password": account.password, "code": code}

        def act() -> Outcome:
            if way == PAGE:
                return Browser(self.app, session).post("/register/join", token=token, **typed)
            if way == API:
                sent = {"token": token, **{k: v for k, v in typed.items() if v}}
                return doors.call(self.app, "POST", "/invitations/accept", sent)
            return doors.verb(
                self.app,
                lambda: (
                    acceptances.join(
                        token, by=visitor and self.user(visitor), **typed
                    ).session_token
                ),
            )

        standing = self.picture.standing(its, link)
        may: bool | None = (
            standing == "open"
            and not self.picture.takes_over(its, mailed=mailed)
            and visitor in (None, account)
            and account.may_enter(its.slug)
            and (its.slug, its.email) not in self.picture.members
        )
        if may and its.guesses >= GUESSES:
            may = None  # so many wrong ones by one link slow everybody who comes by it
        by = f"signed in as {visitor.email}" if visitor else "with the password"
        words = self._words(f"join as {its.email}, {by},", its, standing, mailed, way)
        # In a browser that is signed in, the new session takes the place of the one before.
        events = ["InvitationAccepted", *(["SignedOut"] if session else [])]
        outcome = self.tries("join", words, may, act, *events)
        if outcome.done:
            for one in account.live():
                one.alive = (
                    one.token != session
                )  # a browser's new session takes the old one's place
            self._joined(its, account, self._token(outcome, way), way)

    @precondition(lambda self: self.picture.invitations)
    @rule(kind=kinds, pick=picks, mailed=st.booleans(), never=st.booleans(), way=pages)
    def decline(self, kind: str, pick: int, mailed: bool, never: bool, way: str) -> None:
        found = self.link(kind, pick, mailed=mailed)
        if found is None:
            return
        its, link, token = found

        def act() -> Outcome:
            if way == PAGE:
                typed = {"token": token, "reason": ""} | ({"not_for_me": "y"} if never else {})
                return Browser(self.app).post("/register/decline", **typed)
            return doors.verb(self.app, lambda: acceptances.decline(token, not_for_me=never))

        standing = self.picture.standing(its, link)
        reports = never and mailed
        events = ["InvitationDeclined", *(["InvitationReported"] if reports else [])]
        words = self._words("never again" if never else "decline", its, standing, mailed, way)
        rule_ = "report" if reports else "decline"
        if self.tries(rule_, words, standing == "open", act, *events).done:
            its.state = "declined"
            self.picture.suppressed |= {(its.slug, its.email)} if reports else set()

    @precondition(
        lambda self: any(
            len(one.links) > 1 or one.status() == "expired" for one in self.picture.invitations
        )
    )
    @rule(kind=ended, pick=picks, mailed=st.booleans(), way=pages)
    def renew(self, kind: str, pick: int, mailed: bool, way: str) -> None:
        found = self.link(kind, pick, mailed=mailed)
        if found is None:
            return
        its, link, token = found

        def act() -> Outcome:
            if way == PAGE:
                return Browser(self.app).post("/register/renew", token=token)
            return doors.verb(self.app, lambda: renewal_requests.renew(token))

        standing = self.picture.standing(its, link)
        others = [
            one
            for one in self.picture.invitations
            if one is not its
            and (one.slug, one.email, one.state) == (its.slug, its.email, "pending")
        ]
        may: bool | None = (
            standing in ("superseded", "expired")
            and not self.picture.is_closed(its)
            and (its.slug, its.email) not in self.picture.suppressed
            and (its.renewed_at is None or self.now() >= its.renewed_at + timedelta(minutes=10))
            and its.renewed[self.day()] < 3
            and self.picture.may_mail(its.email, self.day())
            and not any(one.status() == "pending" for one in others)
            and self.takes_again(its)
            and not (its.join_link and its.join_link.revoked)
        )
        if may and (others or (its.slug, its.email) in self.picture.members):
            may = None  # as with resending
        words = self._words("ask for a new link", its, standing, mailed, way)
        back = self.given_back(its)
        events = ["InvitationRenewalRequested", *["InvitationExpired"] * len(back)]
        if self.tries("renew", words, may, act, *events).done:
            for one in back:
                one.state = "expired"
            its.renewed_at = self.now()
            its.renewed[self.day()] += 1
            self.issue_again(its)

    def _words(self, what: str, its: Invitation, standing: str, mailed: bool, way: str) -> str:
        how = "mailed" if mailed else "copied"
        return f"{what} by the {standing} {how} link of invitation {its.id} to {its.slug}, by {way}"

    def _new_account(self, its: Invitation, name: str, password: str, mailed: bool) -> Account:
        with self.app.app_context():
            found = persons.find(its.email)
            assert found is not None, f"no account for {its.email}"
            account = Account(found.id, found.email, name, password)
        account.confined = None if mailed else its.slug
        self.picture.accounts[its.email] = account
        return account

    @staticmethod
    def _token(outcome: Outcome, way: str) -> str:
        return str(outcome.given["access_token"] if way == API else outcome.given)

    def _joined(self, its: Invitation, account: Account, token: str, way: str) -> None:
        its.state = "accepted"
        number = self.world.member_id(its.slug, its.email)
        self.picture.members[its.slug, its.email] = Member(number, its.role)
        self.began(account, token, its.slug if way == API else None)
