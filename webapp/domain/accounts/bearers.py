"""Who sent a token: a signed-in member, or a program with a member's key."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from webapp.db import transaction
from webapp.domain import organizations
from webapp.domain.accounts import api_keys, sessions, sign_ins
from webapp.domain.errors import Forbidden, NotFound, Refusal
from webapp.domain.organizations import ended_access, memberships, permissions
from webapp.models import ApiKey, Membership, Session, User


class NotSignedIn(Refusal):
    """What was sent identifies nobody."""

    status = 401


class SecondFactorNeeded(NotSignedIn):
    """The password was right, but a code is needed as well."""


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
        """The scopes that both the key and the present role of its maker allow."""
        member = self.membership
        if member is None:
            return []
        granted = self.key.scope_list if self.key else list(api_keys.SCOPES)
        existing = [scope for scope in granted if scope in api_keys.SCOPES]
        return [scope for scope in existing if permissions.allows(member.role, scope)]


def identify(token: str) -> Bearer:
    """The caller with this API key or session token; raises NotSignedIn for any other text.

    Raises Suspended for a suspended organization's key, but not for a session, whose user may be a
    member of others.
    """
    key = api_keys.find(token)
    if key is not None:
        return _bearer_of(key)
    session = sessions.find(token)
    if session is None:
        raise NotSignedIn("This token is unknown, has expired, or was revoked.")
    return Bearer(session.user, _membership_of(session), session=session)


def admit(bearer: Bearer, permission: str) -> Membership:
    """The caller's membership, if they may do this now; else raises Forbidden.

    The same rules as for pages: the organization is active, a second factor where it demands one,
    and the member's present role. A key also needs the scope named like the permission.
    """
    member = bearer.membership
    if member is None:
        raise _in_none(bearer)
    _refuse_suspended(member)
    organization = member.organization
    if organization.requires_second_factor and not bearer.user.has_second_factor:
        raise Forbidden(
            f"{organization.name} requires a second factor. Turn it on in your account."
        )
    if bearer.key is not None and permission not in bearer.key.scope_list:
        raise MissingScope(f"This key was made without the scope {permission}.")
    if not permissions.allows(member.role, permission):
        raise permissions.refused()
    return member


def _in_none(bearer: Bearer) -> Refusal:
    """Why the caller's session acts in no organization."""
    place = bearer.session.organization_id if bearer.session else None
    for member in ended_access.of(bearer.user):
        if member.organization_id == place:
            return ended_access.AccessEnded(ended_access.words(member))
    return Forbidden("You are in no organization. Sign in with the name of one you are in.")


def sign_in(
    identifier: str, password: str, *, organization: str | None = None, code: str | None = None
) -> tuple[str, Bearer]:
    """Sign in by the rules of the page; returns the new session's token and its bearer.

    `organization` is the slug of the one to act in, by default the last one used. Raises
    NotSignedIn, or SecondFactorNeeded for the right password without a code.
    """
    try:
        outcome = sign_ins.sign_in(identifier, password)
        if isinstance(outcome, sign_ins.SecondStep):
            if not code:
                raise SecondFactorNeeded("This account has a second factor. Send its code as well.")
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
    """Put the new session into the named organization; end it if the user is no member there."""
    session = sessions.find(token)
    if session is None:
        raise NotSignedIn("The account has just been changed. Sign in again.")
    member = _first_membership(session) if slug is None else _membership_in(session, slug)
    if member is not None:
        sessions.use_organization(session.id, member.organization_id)
    elif slug is not None:
        sessions.end(session.id)  # nobody gets its token
    return Bearer(session.user, member, session=session)


def _bearer_of(key: ApiKey) -> Bearer:
    try:
        member = memberships.active_in(key.maker, key.organization.slug)
    except NotFound:
        raise NotSignedIn("The person who made this key is no longer an active member.") from None
    _refuse_suspended(member)
    return Bearer(key.maker, member, key=key)


def _refuse_suspended(member: Membership) -> None:
    if not member.organization.is_active:
        raise Suspended("This organization is suspended. Ask the operator of this site.")


def _membership_of(session: Session) -> Membership | None:
    """The membership that the session acts in; none takes its place once it has ended."""
    by_organization = {
        membership.organization_id: membership
        for membership in memberships.everywhere(session.user)
    }
    member = by_organization.get(session.organization_id or 0)
    if member is None or not member.has_access:
        return None
    return member if session.user.may_enter(member.organization_id) else None


def _first_membership(session: Session) -> Membership | None:
    """Where a new session begins: in the last organization used, or else the first by name."""
    return _membership_of(session) or next(iter(memberships.of(session.user)), None)


def _membership_in(session: Session, slug: str) -> Membership | None:
    if organizations.SLUG.fullmatch(slug):  # anything else PostgreSQL may not even take
        with suppress(NotFound):
            return memberships.active_in(session.user, slug)
    return None
