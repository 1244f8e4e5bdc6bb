"""Who comes with a token: a member signed in, or a program with a member's key."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from webapp.db import transaction
from webapp.domain import organizations
from webapp.domain.accounts import api_keys, sessions, sign_ins
from webapp.domain.errors import Forbidden, NotFound, Refusal
from webapp.domain.organizations import memberships, permissions
from webapp.models import ApiKey, Membership, Session, User


class NotSignedIn(Refusal):
    """Nobody is known by what was sent."""

    status = 401


class SecondFactorNeeded(NotSignedIn):
    """The password was right, and a code has to come with it."""


class MissingScope(Forbidden):
    """The key was not made for this."""


class Suspended(Forbidden):
    """The organization is suspended, and all its keys and sessions with it."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """A caller: the user they act as, where, and by which session or key."""

    user: User
    membership: Membership | None
    session: Session | None = None
    key: ApiKey | None = None

    @property
    def scopes(self) -> Sequence[str]:
        """What the caller may do here, by the names of scopes: key and present role both say so."""
        member = self.membership
        if member is None:
            return []
        granted = self.key.scope_list if self.key else list(api_keys.SCOPES)
        known = [scope for scope in granted if scope in api_keys.SCOPES]
        return [scope for scope in known if permissions.allows(member.role, scope)]


def known(token: str) -> Bearer:
    """The caller with this key or session's token; raises NotSignedIn for any other text.

    A suspended organization's keys stop altogether: Suspended. A session's user is in others, too.
    """
    key = api_keys.find(token)
    if key is not None:
        return _with_key(key)
    session = sessions.find(token)
    if session is None:
        raise NotSignedIn("This token is not one of ours, has ended, or was revoked.")
    return Bearer(session.user, _place(session), session=session)


def admit(bearer: Bearer, permission: str) -> Membership:
    """The caller's membership where they may do this now; raises Forbidden when they may not.

    The rules of the pages: the organization works, a second factor where it demands one, and the
    member's present role. A key needs the scope of the permission's name, too.
    """
    member = bearer.membership
    if member is None:
        raise Forbidden("You are in no organization. Sign in with the name of one you are in.")
    _refuse_suspended(member)
    organization = member.organization
    if organization.requires_second_factor and not bearer.user.has_second_factor:
        raise Forbidden(
            f"{organization.name} asks for a second factor. Switch it on on your account's page."
        )
    if bearer.key is not None and permission not in bearer.key.scope_list:
        raise MissingScope(f"This key was made without the scope {permission}.")
    if not permissions.allows(member.role, permission):
        raise Forbidden("Your role in this organization does not allow this. Ask an admin.")
    return member


def sign_in(
    identifier: str, password: str, *, organization: str | None = None, code: str | None = None
) -> tuple[str, Bearer]:
    """A new session's token, and who it makes of its bearer; the same rules as by the page.

    `organization` is the slug of the one to act in; none means the last one. Raises NotSignedIn,
    or SecondFactorNeeded for the right password without a code.
    """
    try:
        outcome = sign_ins.sign_in(identifier, password)
        if isinstance(outcome, sign_ins.SecondStep):
            if not code:
                raise SecondFactorNeeded("This account has a second factor. Send its code, too.")
            outcome = sign_ins.finish(outcome.pending, code=code)
    except SecondFactorNeeded:
        raise
    except Refusal as refusal:
        raise NotSignedIn(refusal.message, refusal.field) from None
    bearer = _enter(outcome, organization)
    if organization is not None and bearer.membership is None:
        raise Refusal("You are in no organization with this slug.", "organization")
    return outcome, bearer


@transaction()
def _enter(token: str, slug: str | None) -> Bearer:
    """The new session in the organization named; ended again when that is not theirs."""
    session = sessions.find(token)
    if session is None:
        raise NotSignedIn("The account was changed just now. Sign in again.")
    member = _last_used(session) if slug is None else _named(session, slug)
    if member is not None:
        sessions.use_organization(session.id, member.organization_id)
    elif slug is not None:
        sessions.end(session.id)  # nobody gets its token
    return Bearer(session.user, member, session=session)


def _with_key(key: ApiKey) -> Bearer:
    try:
        member = memberships.active_in(key.maker, key.organization.slug)
    except NotFound:
        raise NotSignedIn("Whoever made this key is no active member any more.") from None
    _refuse_suspended(member)
    return Bearer(key.maker, member, key=key)


def _refuse_suspended(member: Membership) -> None:
    if not member.organization.is_active:
        raise Suspended("This organization is suspended. Ask the operator of this installation.")


def _place(session: Session) -> Membership | None:
    """The membership that the session acts in, as long as it lasts: no other takes its place."""
    places = {one.organization_id: one for one in memberships.everywhere(session.user)}
    member = places.get(session.organization_id or 0)
    if member is None or not member.is_active:
        return None
    return member if session.user.may_enter(member.organization_id) else None


def _last_used(session: Session) -> Membership | None:
    """Where a new session begins: in the organization used last, or else the first by name."""
    return _place(session) or next(iter(memberships.of(session.user)), None)


def _named(session: Session, slug: str) -> Membership | None:
    if organizations.SLUG.fullmatch(slug):  # anything else PostgreSQL may not even take
        with suppress(NotFound):
            return memberships.active_in(session.user, slug)
    return None
