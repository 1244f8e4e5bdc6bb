"""Rules: what becomes of members, of their own will and of others'."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model import doors
from tests.model.base import API, PAGE, Base, actors, people, roles, slugs, ways
from tests.model.doors import Browser, Outcome
from tests.model.picture import ADMIN, Account, Member
from webapp.domain import organizations
from webapp.domain.members import leaving
from webapp.domain.members import roles as verbs

pendings = st.sampled_from(["revoke", "take over"])


class Belonging(Base):
    """Roles, deactivating, leaving, deleting, suspending."""

    @rule(slug=slugs, by=actors, whom=people, role=roles, pending=pendings, way=ways)
    def change_role(self, slug: str, by: str, whom: str, role: str, pending: str, way: str) -> None:
        actor, member = self.actor(slug, by), self.picture.members.get((slug, whom))
        if actor is None or member is None:
            return
        body = {"role": role, "pending": pending}
        act = self._to(member, actor, slug, way, "role", body, verbs.change_role)
        target = self.picture.accounts[whom]
        demotes = member.role == ADMIN and role != ADMIN
        may = (
            self.picture.may(slug, actor, ADMIN)
            and member.active
            and not (demotes and self.picture.is_last_admin(slug, whom))
            and not (demotes and pending == "take over" and actor is target)
        )
        events = [] if role == member.role else ["RoleChanged"]
        events += self._settled(slug, target, pending) if demotes else []
        words = f"{actor.email} makes {whom} {role} of {slug} ({pending}) by {way}"
        if self.tries("change_role", words, may, act, *events).done and role != member.role:
            if demotes:
                self._settle(slug, target, pending, actor)
            member.role = role
            target.end_sessions()

    @rule(slug=slugs, by=actors, whom=people, pending=pendings, way=ways)
    def deactivate(self, slug: str, by: str, whom: str, pending: str, way: str) -> None:
        actor, member = self.actor(slug, by), self.picture.members.get((slug, whom))
        if actor is None or member is None:
            return
        act = self._to(
            member, actor, slug, way, "deactivate", {"pending": pending}, verbs.deactivate
        )
        target = self.picture.accounts[whom]
        ends = member.active
        may = (
            self.picture.may(slug, actor, ADMIN)
            and actor is not target
            and not (ends and self.picture.is_last_admin(slug, whom))
        )
        events = []
        if ends:
            events = ["MemberDeactivated", *(["ApiKeyRevoked"] * len(self.keys_of(target, slug)))]
            events += self._settled(slug, target, pending) if member.role == ADMIN else []
        words = f"{actor.email} deactivates {whom} in {slug} ({pending}) by {way}"
        if self.tries("deactivate", words, may, act, *events).done and ends:
            if member.role == ADMIN:
                self._settle(slug, target, pending, actor)
            member.active = False
            self.end_keys(target, slug)
            target.end_sessions()

    @rule(slug=slugs, by=actors, whom=people, way=ways)
    def reactivate(self, slug: str, by: str, whom: str, way: str) -> None:
        actor, member = self.actor(slug, by), self.picture.members.get((slug, whom))
        if actor is None or member is None:
            return
        act = self._to(member, actor, slug, way, "reactivate", {}, verbs.reactivate)
        words = f"{actor.email} reactivates {whom} in {slug} by {way}"
        events = [] if member.active else ["MemberReactivated"]
        if self.tries("reactivate", words, self.picture.may(slug, actor, ADMIN), act, *events).done:
            member.active = True

    @rule(slug=slugs, by=actors, whom=people)
    def sign_out_everywhere(self, slug: str, by: str, whom: str) -> None:
        actor, member = self.actor(slug, by), self.picture.members.get((slug, whom))
        if actor is None or member is None:
            return
        act = self._to(member, actor, slug, PAGE, "sign-out", {}, verbs.sign_out_everywhere)
        may = self.picture.may(slug, actor, ADMIN) and member.active
        words = f"{actor.email} signs {whom} of {slug} out everywhere"
        if self.tries("sign_out_everywhere", words, may, act, "SessionsRevoked").done:
            self.picture.accounts[whom].end_sessions()

    @rule(slug=slugs, whom=people, way=st.sampled_from([PAGE, "verb"]))
    def leave(self, slug: str, whom: str, way: str) -> None:
        account, member = self.picture.accounts.get(whom), self.picture.members.get((slug, whom))
        if account is None or member is None:
            return
        session = self.session_of(account) if way == PAGE else None

        def act() -> Outcome:
            if way == PAGE:
                return Browser(self.app, session).post(f"/account/leave/{slug}")
            return doors.verb(
                self.app,
                lambda: leaving.leave(
                    organizations.by_slug(slug), member.id, by=self.user(account)
                ),
            )

        may = member.active and account.may_enter(slug)
        may = may and not self.picture.is_last_admin(slug, whom)
        events = ["MemberLeft", *self._departed(slug, account)]
        if self.tries("leave", f"{whom} leaves {slug} by {way}", may, act, *events).done:
            self._depart(slug, account)

    @rule(whom=people)
    def delete_account(self, whom: str) -> None:
        account = self.picture.accounts.get(whom)
        if account is None:
            return
        browser = Browser(self.app, self.session_of(account))
        places = [slug for slug, email in self.picture.members if email == whom]
        may = not any(self.picture.is_last_admin(slug, whom) for slug in places)
        events = ["AccountDeleted"] * max(len(places), 1)
        for slug in places:
            events += self._departed(slug, account)

        def act() -> Outcome:
            return browser.post("/account/delete", password=account.password)

        if self.tries("delete_account", f"{whom} deletes the account", may, act, *events).done:
            for slug in places:
                self._depart(slug, account)
            account.end_sessions()
            account.deleted = True
            self.picture.gone.append(self.picture.accounts.pop(whom))

    @precondition(lambda self: not any(self.picture.suspended.values()))
    @rule(slug=slugs)
    def suspend(self, slug: str) -> None:
        self._operate("suspend", slug, organizations.suspend, now=True)

    @precondition(lambda self: any(self.picture.suspended.values()))
    @rule()
    def resume(self) -> None:
        slug = next(one for one, is_so in self.picture.suspended.items() if is_so)
        self._operate("resume", slug, organizations.resume, now=False)

    def _operate(self, name: str, slug: str, act: Callable[..., Any], *, now: bool) -> None:
        changes = self.picture.suspended[slug] != now
        events = [f"Organization{'Suspended' if now else 'Resumed'}"] if changes else []
        self.tries(
            name,
            f"the operator {name}s {slug}",
            True,
            lambda: doors.verb(self.app, lambda: act(organizations.by_slug(slug))),
            *events,
        )
        self.picture.suspended[slug] = now

    def keys_of(self, account: Account, slug: str) -> list[Any]:
        """The keys of the account's that still work there."""
        return [
            key
            for key in self.picture.keys
            if key.alive and key.maker is account and key.slug == slug
        ]

    def end_keys(self, account: Account, slug: str) -> None:
        """They work no more."""
        for key in self.keys_of(account, slug):
            key.alive = False

    def _in_name_of(self, slug: str, account: Account) -> list[Any]:
        return [
            one
            for one in self.picture.invitations
            if one.slug == slug and one.inviter is account and one.status() == "pending"
        ]

    def _settled(self, slug: str, account: Account, pending: str) -> list[str]:
        over = pending == "take over"
        name = "InvitationTakenOver" if over else "InvitationRevoked"
        link = "JoinLinkChanged" if over else "JoinLinkRevoked"
        links = [link] * len(self.picture.links_of(slug, account))
        return [name] * len(self._in_name_of(slug, account)) + links

    def _settle(self, slug: str, account: Account, pending: str, actor: Account) -> None:
        for one in self._in_name_of(slug, account):
            if pending == "take over":
                one.inviter = actor
            else:
                one.state = "revoked"
        for link in self.picture.links_of(slug, account):
            if pending == "take over":
                link.author = actor
            else:
                link.revoked = True

    def _departed(self, slug: str, account: Account) -> list[str]:
        keys = ["ApiKeyRevoked"] * len(self.keys_of(account, slug))
        return keys + self._settled(slug, account, "revoke")

    def _depart(self, slug: str, account: Account) -> None:
        self._settle(slug, account, "revoke", account)
        self.end_keys(account, slug)
        del self.picture.members[slug, account.email]
        for one in account.sessions:
            one.place = "" if one.place == slug else one.place

    def _to(
        self,
        member: Member,
        actor: Account,
        slug: str,
        way: str,
        what: str,
        body: dict[str, str],
        act: Callable[..., Any],
    ) -> Callable[[], Outcome]:
        """One of the three ways to do something to a member, ready."""
        token = self.bearer(actor, slug) if way == API else None
        if token is not None and what != "sign-out":
            method, end = ("PATCH", "") if what == "role" else ("POST", f"/{what}")
            path = f"/members/{member.id}{end}"
            return lambda: doors.call(self.app, method, path, body or None, token=token)
        if way in (API, PAGE):
            browser = Browser(self.app, self.session_of(actor))
            return lambda: browser.post(f"/orgs/{slug}/members/{member.id}/{what}", **body)
        return lambda: doors.verb(
            self.app,
            lambda: act(organizations.by_slug(slug), member.id, by=self.user(actor), **body),
        )
