"""Rules: join links, and who asks by them."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model import doors
from tests.model.base import PAGE, actors, people, picks, slugs, ways
from tests.model.doors import Browser, Outcome
from tests.model.inviting import Inviting
from tests.model.picture import ADMIN, Invitation, JoinLink, Link
from webapp.db import db
from webapp.domain import links
from webapp.domain.links import answers, asks, codes
from webapp.domain.privacy import person_erasures
from webapp.models import Invitation as Row
from webapp.models import JoinLink as LinkRow

DAYS = 7  # of the links' invitations: the installation's
asked = st.lists(people, min_size=1, max_size=3, unique=True)
presses = st.sampled_from(["pause", "resume", "resume", "revoke", "revoke all"])


class Linking(Inviting):
    """Make a link, press its buttons, ask by it; and erase somebody."""

    @rule(slug=slugs, by=actors, most=st.integers(1, 2), way=ways)
    def make_link(self, slug: str, by: str, most: int, way: str) -> None:
        actor = self.actor(slug, by)
        if actor is None:
            return
        body = {"label": "Course", "role": "contributor", "most_uses": most, "expiry_days": 30}
        typed = {name: str(value) for name, value in body.items()}
        act = self._way(
            way,
            actor,
            slug,
            lambda browser: browser.post(f"/orgs/{slug}/links", **typed),
            lambda token: doors.call(self.app, "POST", "/links", body, token=token),
            lambda user, here: links.create(here, by=user, **body),
        )
        may = self.picture.may(slug, actor, ADMIN)
        words = f"{actor.email} makes a join link of {slug} for {most} by {way}"
        if not self.tries("make_link", words, may, act, "JoinLinkCreated").done:
            return
        with self.app.app_context():
            row = db.session.query(LinkRow).order_by(LinkRow.id.desc()).first()
            self.picture.join_links.append(
                JoinLink(row.id, slug, actor, most, row.expires_at, codes.shown(row) or "")
            )
            db.session.remove()

    @precondition(lambda self: self.picture.join_links)
    @rule(pick=picks, by=actors, what=presses, way=ways)
    def press_link(self, pick: int, by: str, what: str, way: str) -> None:
        link = self._link_of(pick)
        actor = self.actor(link.slug, by) if link else None
        if link is None or actor is None:
            return
        verb, choice = what.split()[0], {"open_invitations": "revoke"}
        typed = choice if what == "revoke all" else {}
        act = self._way(
            way,
            actor,
            link.slug,
            lambda browser: browser.post(f"/orgs/{link.slug}/links/{link.id}/{verb}", **typed),
            lambda token: doors.call(
                self.app, "POST", f"/links/{link.id}/{verb}", typed or None, token=token
            ),
            lambda user, here: getattr(links, verb)(here, link.id, by=user, **typed),
        )
        its = [one for one in self.picture.came_by(link) if one.status() == "pending"]
        events = ["InvitationRevoked"] * (len(its) if typed else 0)
        if verb == "revoke":
            events += [] if link.revoked else ["JoinLinkRevoked"]
        else:
            events += ["JoinLinkChanged"] if link.paused != (verb == "pause") else []
        may = self.picture.may(link.slug, actor, ADMIN) and (verb == "revoke" or not link.revoked)
        words = f"{actor.email} presses {what} on join link {link.id} by {way}"
        if not self.tries("press_link", words, may, act, *events).done:
            return
        for one in its if typed else ():
            one.state = "revoked"
        if verb == "revoke":
            link.revoked = True
        else:
            link.paused = verb == "pause"

    @precondition(lambda self: self.picture.join_links)
    @rule(pick=picks, emails=asked, way=st.sampled_from([PAGE, "verb"]))
    def ask(self, pick: int, emails: list[str], way: str) -> None:
        link = self._link_of(pick)
        if link is None:
            return
        waiting = [email for email in emails if self._ask(link, email, way)]
        if waiting:
            self._answer(link, waiting)

    def _ask(self, link: JoinLink, email: str, way: str) -> bool:
        def act() -> Outcome:
            if way == PAGE:
                return Browser(self.app).post(f"/join/{link.code}", email=email)
            return doors.verb(self.app, lambda: asks.ask(link.code, email=email))

        gives_back = self.picture.gives_back(link)
        may = (
            not (link.revoked or link.paused)
            and self.now() < link.ends_at
            and self.picture.may(link.slug, link.author, ADMIN)
            and self.picture.has_place(link)
        )
        words = f"{email} asks by join link {link.id} by {way}"
        events = ["InvitationExpired"] * len(gives_back)
        if not self.tries("ask", words, may, act, *events).done:
            return False
        for one in gives_back:
            one.state = "expired"
        link.waiting.append(email)
        return True

    def _answer(self, link: JoinLink, waiting: list[str]) -> None:
        invited = [email for email in waiting if self._is_invited(link, email)]
        overdue = [
            one
            for one in self.picture.invitations
            if (one.slug, one.state, one.status()) == (link.slug, "pending", "expired")
            and one.email in invited
        ]
        at = self.now()
        self.tries(
            "answer",
            f"{', '.join(waiting)} are answered",
            True,
            lambda: doors.verb(self.app, answers.answer_asks),
            *["InvitationCreated"] * len(invited),
            *["InvitationExpired"] * len(overdue),
        )
        link.waiting.clear()
        for one in overdue:
            one.state = "expired"
        for email, number in zip(invited, self._newest_of(len(invited)), strict=True):
            its = Invitation(
                number, link.slug, email, "contributor", link.author, at, at, DAYS, join_link=link
            )
            its.links.append(Link(1, self.copied(number)))
            self.picture.invitations.append(its)

    def _is_invited(self, link: JoinLink, email: str) -> bool:
        return (
            (link.slug, email) not in self.picture.members
            and (link.slug, email) not in self.picture.suppressed
            and self.picture.open_of(link.slug, email) is None
            and self.picture.may_mail(email, self.day())
        )

    def _newest_of(self, many: int) -> list[int]:
        with self.app.app_context():
            newest = db.session.query(Row.id).order_by(Row.id.desc()).limit(many).all()
            db.session.remove()
        return sorted(number for (number,) in newest)

    @precondition(lambda self: self.picture.invitations)
    @rule(pick=picks)
    def erase(self, pick: int) -> None:
        """Somebody who never had an account, as the operator; others delete theirs themselves."""
        strangers = [
            one for one in self.picture.invitations if one.email not in self._known_addresses()
        ]
        if not strangers:
            return
        email = strangers[-1 - pick % len(strangers)].email
        its = [one for one in strangers if one.email == email]
        open_ = [one for one in its if one.state == "pending"]
        events = ["PersonErased"] * len({one.slug for one in its})
        self.tries(
            "erase",
            f"the operator erases {email}",
            True,
            lambda: doors.verb(self.app, lambda: person_erasures.erase(email)),
            *events,
            *["InvitationRevoked"] * len(open_),
        )
        for one in open_:
            one.state = "revoked"
        for one in its:
            one.email = f"erased {one.id}"
        for counts in (self.picture.mails, self.picture.resets):
            for key in [key for key in counts if email in key]:
                del counts[key]

    def _known_addresses(self) -> set[str]:
        erased = {one.email for one in self.picture.invitations if "@" not in one.email}
        return {*self.picture.accounts, *(one.email for one in self.picture.gone), *erased}

    def _link_of(self, pick: int) -> JoinLink | None:
        found = self.picture.join_links
        return found[-1 - pick % len(found)] if found else None
