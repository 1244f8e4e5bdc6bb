"""What a member may do here: roles, deactivation, signing out everywhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from webapp.db import transaction
from webapp.domain.accounts import api_keys, sessions
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor, versions
from webapp.domain.events.versions import Seen
from webapp.domain.invitations import inviter_handover
from webapp.domain.links import handover
from webapp.domain.members import ends, holding, sponsors
from webapp.domain.organizations import permissions, second_admin
from webapp.languages import gettext as _
from webapp.models import Membership, Organization, Role, User


@transaction()
def change_role(
    organization: Organization,
    membership_id: int,
    *,
    by: Actor,
    role: str,
    pending: str = inviter_handover.REVOKE,
    approved: bool = False,
    seen: Seen | None = None,
) -> Membership:
    """Give the member another role, and end their sessions; the same role changes nothing.

    `pending` says what becomes of an admin's open invitations: `inviter_handover.CHOICES`.
    `approved`: the actor approved a request for it.
    """
    member, invitations = holding.locked(organization, membership_id, by)
    holding.refuse_deactivated(member)
    before = member.role
    last_change = partial(_last_change, organization, member)
    changes = permissions.named(role) != before
    versions.refuse_changed(seen, member, writes=changes, told=last_change)
    if not changes:
        return member
    second_admin.refuse(organization, role, by=by, before=before, approved=approved)
    if before == Role.ADMIN:
        holding.refuse_last_admin(member)
        inviter_handover.settle(invitations, pending, by=by, loser_id=member.user_id)
        handover.settle(member, pending, by=by)
        sponsors.hand_over(member, to=by, by=by)
    member.role = role
    ends.shorten(member, by)
    sessions.end_all(member.user)
    holding.record(member, "RoleChanged", by, before=before, role=role)
    return member


def _last_change(organization: Organization, member: Membership) -> str | None:
    return versions.last_change(
        organization, "RoleChanged", lambda event: event.data["user_id"] == member.user_id
    )


@transaction()
def deactivate(
    organization: Organization,
    membership_id: int,
    *,
    by: Actor,
    pending: str = inviter_handover.REVOKE,
) -> Membership:
    """End the member's access to this organization, though not to others, and their sessions.

    `pending` as in `change_role`. Deactivating somebody twice changes nothing.
    """
    member, invitations = holding.locked(organization, membership_id, by)
    _refuse_oneself(member, by)
    if not member.is_active:
        return member
    if member.role == Role.ADMIN:
        holding.refuse_last_admin(member)
        inviter_handover.settle(invitations, pending, by=by, loser_id=member.user_id)
        handover.settle(member, pending, by=by)
    sponsors.hand_over(member, to=by, by=by)
    member.status = "deactivated"
    api_keys.end_of(member, by=by)
    sessions.end_all(member.user)
    holding.record(member, "MemberDeactivated", by)
    return member


@transaction()
def reactivate(organization: Organization, membership_id: int, *, by: Actor) -> Membership:
    """Let a deactivated member in again, in the role they had."""
    member, _invitations = holding.locked(organization, membership_id, by)
    if not member.is_active:
        member.status = "active"
        holding.record(member, "MemberReactivated", by, role=member.role)
    return member


@transaction()
def sign_out_everywhere(organization: Organization, membership_id: int, *, by: Actor) -> Membership:
    """End every session of the member, on every device."""
    member, _invitations = holding.locked(organization, membership_id, by)
    holding.refuse_deactivated(member)
    holding.record(member, "SessionsRevoked", by, count=sessions.end_all(member.user))
    return member


def objection_to_role_change(member: Membership) -> Refusal | None:
    """Why the member's role cannot change at all now, before anybody fills in a form."""
    deactivated = _objection(holding.refuse_deactivated, member)
    return deactivated or _objection(holding.refuse_last_admin, member)


def objection_to_deactivation(member: Membership, *, by: User) -> Refusal | None:
    """Why the member cannot be deactivated now, before anybody confirms it."""
    oneself = partial(_refuse_oneself, by=by)
    if not member.is_active:
        return Refusal(_("%(name)s is already deactivated.", name=member.user.full_name))
    return _objection(oneself, member) or _objection(holding.refuse_last_admin, member)


def objection_to_sign_out(member: Membership) -> Refusal | None:
    """Why the member cannot be signed out everywhere now."""
    return _objection(holding.refuse_deactivated, member)


def _objection(check: Callable[[Membership], None], member: Membership) -> Refusal | None:
    try:
        check(member)
    except Refusal as refusal:
        return refusal
    return None


def _refuse_oneself(member: Membership, by: Actor) -> None:
    if member.user_id == by.id:
        raise Refusal(_("You cannot deactivate yourself. Ask another admin."))
