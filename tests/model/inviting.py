"""Rules: what admins do with invitations, and others try to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from tests.model import doors
from tests.model.base import (
    ADA,
    AN_ADMIN,
    API,
    BO,
    PAGE,
    VERB,
    Base,
    actors,
    people,
    picks,
    roles,
    slugs,
    ways,
)
from tests.model.doors import Browser, Outcome
from tests.model.picture import ADMIN, Account, Invitation, Link
from webapp.db import db
from webapp.domain import invitations, organizations
from webapp.domain.invitations import resends
from webapp.models import Invitation as Row

MINUTE = timedelta(minutes=1)
days = st.sampled_from([1, 7, 30])
offers = st.tuples(slugs, st.sampled_from([BO, ADA]), roles, st.booleans())
kinds = st.sampled_from(["open", "open", "ended", "any"])


class Inviting(Base):
    """Create, resend, edit, copy, revoke."""

    @initialize(first=offers, second=offers)
    def begin(self, first: tuple[str, str, str, bool], second: tuple[str, str, str, bool]) -> None:
        """Two are invited to begin with: without them there is little to do."""
        for slug, email, role, send in (first, second):
            self.invite(slug, AN_ADMIN, email, role, send, 7, VERB)

    @rule(slug=slugs, by=actors, email=people, role=roles, send=st.booleans(), days=days, way=ways)
    def invite(
        self, slug: str, by: str, email: str, role: str, send: bool, days: int, way: str
    ) -> None:
        actor, at = self.actor(slug, by), self.now()
        if actor is None:
            return
        send = send or way == PAGE
        body = {"email": email, "role": role, "expiry_days": days}
        act = self._way(
            way,
            actor,
            slug,
            lambda browser: browser.post(
                f"/orgs/{slug}/invitations", **{k: str(v) for k, v in body.items()}
            ),
            lambda token: doors.call(
                self.app, "POST", "/invitations", {**body, "send_email": send}, token=token
            ),
            lambda user, here: invitations.create(here, by=user, send=send, **body),
        )
        its = [one for one in self.picture.invitations if (one.slug, one.email) == (slug, email)]
        overdue = [one for one in its if one.state == "pending" and one.status() == "expired"]
        may = (
            self.picture.may(slug, actor, ADMIN)
            and (slug, email) not in self.picture.members
            and (slug, email) not in self.picture.suppressed
            and self.picture.open_of(slug, email) is None
            and (not send or self.picture.may_mail(email, self.day()))
        )
        words = f"{actor.email} invites {email} to {slug} as {role} by {way}"
        words += "" if send else ", without a mail"
        events = ["InvitationCreated", *(["InvitationExpired"] * len(overdue))]
        if not self.tries("invite", words, may, act, *events).done:
            return
        for one in overdue:
            one.state = "expired"
        made = Invitation(self._newest(), slug, email, role, actor, at, self.now(), days)
        made.links.append(Link(1, self.copied(made.id)))
        self.picture.invitations.append(made)

    @precondition(lambda self: self.picture.invitations)
    @rule(kind=kinds, pick=picks, by=actors, way=ways)
    def resend(self, kind: str, pick: int, by: str, way: str) -> None:
        its = self.one(kind, pick)
        actor = self.actor(its.slug, by) if its else None
        if its is None or actor is None:
            return
        act = self._on(
            its, actor, way, "resend", lambda user, org: resends.resend(org, its.id, by=user)
        )
        others = [
            one
            for one in self.picture.invitations
            if one is not its
            and (one.slug, one.email, one.state) == (its.slug, its.email, "pending")
        ]
        resent = its.resent[self.day()]
        may: bool | None = (
            self.picture.may(its.slug, actor, ADMIN)
            and its.state in ("pending", "expired")
            and (its.slug, its.email) not in self.picture.suppressed
            and (its.resent_at is None or self.now() >= its.resent_at + MINUTE)
            and resent < 5
            and self.picture.may_mail(its.email, self.day())
            and not any(one.status() == "pending" for one in others)
            and self.takes_again(its)
        )
        if may and (others or (its.slug, its.email) in self.picture.members):
            may = None  # the contract says nothing of resending what somebody has joined by since
        lost = its.inviter is not None and self.picture.role(its.slug, its.inviter) != ADMIN
        back = self.given_back(its)
        events = ["InvitationResent", *(["InvitationTakenOver"] if lost else [])]
        events += ["InvitationExpired"] * len(back)
        words = f"{actor.email} resends invitation {its.id} of {its.email} by {way}"
        if not self.tries("resend", words, may, act, *events).done:
            return
        for one in back:
            one.state = "expired"
        its.inviter = actor if lost else its.inviter
        its.resent_at = self.now()
        its.resent[self.day()] += 1
        self.issue_again(its)

    @precondition(lambda self: self.picture.invitations)
    @rule(kind=kinds, pick=picks, by=actors, role=roles, days=days, way=ways)
    def edit(self, kind: str, pick: int, by: str, role: str, days: int, way: str) -> None:
        its = self.one(kind, pick)
        actor = self.actor(its.slug, by) if its else None
        if its is None or actor is None:
            return
        body: dict[str, Any] = {"role": role, "expiry_days": days}
        path = f"/orgs/{its.slug}/invitations/{its.id}/edit"
        act = self._way(
            way,
            actor,
            its.slug,
            lambda browser: browser.post(path, **{k: str(v) for k, v in body.items()}),
            lambda token: doors.call(
                self.app, "PATCH", f"/invitations/{its.id}", body, token=token
            ),
            lambda user, org: invitations.edit(org, its.id, by=user, **body),
        )
        may = (
            self.picture.may(its.slug, actor, ADMIN)
            and its.status() == "pending"
            and its.issued_at + timedelta(days=days) > self.now()
        )
        same = (role, days) == (its.role, its.days)
        words = f"{actor.email} edits invitation {its.id} to {role}, {days} days by {way}"
        if self.tries("edit", words, may, act, *([] if same else ["InvitationEdited"])).done:
            its.role, its.days = role, days

    @precondition(lambda self: self.picture.invitations)
    @rule(kind=kinds, pick=picks, by=actors, way=ways)
    def revoke(self, kind: str, pick: int, by: str, way: str) -> None:
        its = self.one(kind, pick)
        actor = self.actor(its.slug, by) if its else None
        if its is None or actor is None:
            return
        act = self._on(
            its, actor, way, "revoke", lambda user, org: invitations.revoke(org, its.id, by=user)
        )
        ends = its.state in ("pending", "expired")
        may = self.picture.may(its.slug, actor, ADMIN) and (ends or its.state == "revoked")
        words = f"{actor.email} revokes invitation {its.id} of {its.email} by {way}"
        if self.tries("revoke", words, may, act, *(["InvitationRevoked"] if ends else [])).done:
            its.state = "revoked"

    @precondition(lambda self: self.picture.invitations)
    @rule(kind=kinds, pick=picks, by=actors)
    def copy_link(self, kind: str, pick: int, by: str) -> None:
        its = self.one(kind, pick)
        actor = self.actor(its.slug, by) if its else None
        if its is None or actor is None:
            return
        act = self._on(its, actor, PAGE, "link", lambda *_: None)
        may = self.picture.may(its.slug, actor, ADMIN) and its.status() == "pending"
        words = f"{actor.email} copies the link of invitation {its.id}"
        self.tries("copy_link", words, may, act, "InvitationLinkCopied")

    def takes_again(self, its: Invitation) -> bool:
        """Whether the join link that it came by, if it did, has a place for it again (rule J2)."""
        link = its.join_link
        return link is None or its.state == "pending" or self.picture.has_place(link)

    def given_back(self, its: Invitation) -> list[Invitation]:
        """Which others make room for it when it is sent again."""
        if its.join_link is None or its.state == "pending":
            return []
        return self.picture.gives_back(its.join_link)

    def issue_again(self, its: Invitation) -> None:
        """The invitation has a new link with a full new term."""
        its.state, its.issued_at = "pending", self.now()
        its.links.append(Link(its.link.number + 1, self.copied(its.id)))

    def _on(
        self, its: Invitation, actor: Account, way: str, what: str, act: Callable[..., Any]
    ) -> Callable[[], Outcome]:
        return self._way(
            way,
            actor,
            its.slug,
            lambda browser: browser.post(f"/orgs/{its.slug}/invitations/{its.id}/{what}"),
            lambda token: doors.call(
                self.app, "POST", f"/invitations/{its.id}/{what}", token=token
            ),
            act,
        )

    def _way(
        self,
        way: str,
        actor: Account,
        slug: str,
        page: Callable[[Browser], Outcome],
        api: Callable[[str], Outcome],
        act: Callable[..., Any],
    ) -> Callable[[], Outcome]:
        """One of the three ways to do it, ready: whoever has to sign in has done so."""
        token = self.bearer(actor, slug) if way == API else None
        if token is not None:
            return lambda: api(token)
        if way in (API, PAGE):
            browser = Browser(self.app, self.session_of(actor))
            return lambda: page(browser)
        return lambda: doors.verb(
            self.app, lambda: act(self.user(actor), organizations.by_slug(slug))
        )

    def _newest(self) -> int:
        with self.app.app_context():
            number = db.session.query(db.func.max(Row.id)).scalar()
            db.session.remove()
        return int(number)
