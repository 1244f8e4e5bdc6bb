"""What a member may do here: roles, deactivation, signing out everywhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import func, select

from webapp.db import db, transaction
from webapp.domain import events, organizations
from webapp.domain.accounts import api_keys, people, sessions
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor, versions
from webapp.domain.events.versions import Seen
from webapp.domain.invitations import inviter_handover
from webapp.domain.links import handover
from webapp.domain.organizations import memberships, permissions
from webapp.languages import gettext as _
from webapp.models import Invitation, Membership, Organization, Role, User


@transaction()
def change_role(
    organization: Organization,
    membership_id: int,
    *,
    by: Actor,
    role: str,
    pending: str = inviter_handover.REVOKE,
    seen: Seen | None = None,
) -> Membership:
    """Give the member another role, and end their sessions; the same role changes nothing.

    `pending` says what becomes of an admin's open invitations: `inviter_handover.CHOICES`.
    """
    member, invitations = _locked(organization, membership_id, by)
    _refuse_deactivated(member)
    before = member.role
    last_change = partial(_last_change, organization, member)
    changes = permissions.named(role) != before
    versions.refuse_changed(seen, member, writes=changes, told=last_change)
    if not changes:
        return member
    if before == Role.ADMIN:
        refuse_last_admin(member)
        inviter_handover.settle(invitations, pending, by=by, loser_id=member.user_id)
        handover.settle(member, pending, by=by)
    member.role = role
    sessions.end_all(member.user)
    _record(member, "RoleChanged", by, before=before, role=role)
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
    member, invitations = _locked(organization, membership_id, by)
    _refuse_oneself(member, by)
    if not member.is_active:
        return member
    if member.role == Role.ADMIN:
        refuse_last_admin(member)
        inviter_handover.settle(invitations, pending, by=by, loser_id=member.user_id)
        handover.settle(member, pending, by=by)
    member.status = "deactivated"
    api_keys.end_of(member, by=by)
    sessions.end_all(member.user)
    _record(member, "MemberDeactivated", by)
    return member


@transaction()
def reactivate(organization: Organization, membership_id: int, *, by: Actor) -> Membership:
    """Let a deactivated member in again, in the role they had."""
    member, _invitations = _locked(organization, membership_id, by)
    if not member.is_active:
        member.status = "active"
        _record(member, "MemberReactivated", by, role=member.role)
    return member


@transaction()
def sign_out_everywhere(organization: Organization, membership_id: int, *, by: Actor) -> Membership:
    """End every session of the member, on every device."""
    member, _invitations = _locked(organization, membership_id, by)
    _refuse_deactivated(member)
    _record(member, "SessionsRevoked", by, count=sessions.end_all(member.user))
    return member


def _locked(
    organization: Organization, membership_id: int, by: Actor
) -> tuple[Membership, list[Invitation]]:
    """The member and their open invitations, locked; nobody else changes members meanwhile."""
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "members:write")
    user_id = memberships.find(organization, membership_id).user_id
    invitations = inviter_handover.hold(organization.id, user_id)
    member = memberships.locked(organization, membership_id)
    people.hold(member.user)
    return member, invitations


def objection_to_role_change(member: Membership) -> Refusal | None:
    """Why the member's role cannot change at all now, before anybody fills in a form."""
    return _objection(_refuse_deactivated, member) or _objection(refuse_last_admin, member)


def objection_to_deactivation(member: Membership, *, by: User) -> Refusal | None:
    """Why the member cannot be deactivated now, before anybody confirms it."""
    oneself = partial(_refuse_oneself, by=by)
    if not member.is_active:
        return Refusal(_("%(name)s is already deactivated.", name=member.user.full_name))
    return _objection(oneself, member) or _objection(refuse_last_admin, member)


def objection_to_sign_out(member: Membership) -> Refusal | None:
    """Why the member cannot be signed out everywhere now."""
    return _objection(_refuse_deactivated, member)


def _objection(check: Callable[[Membership], None], member: Membership) -> Refusal | None:
    try:
        check(member)
    except Refusal as refusal:
        return refusal
    return None


def _refuse_oneself(member: Membership, by: Actor) -> None:
    if member.user_id == by.id:
        raise Refusal(_("You cannot deactivate yourself. Ask another admin."))


def _refuse_deactivated(member: Membership) -> None:
    if not member.is_active:
        name = member.user.full_name
        raise Refusal(_("%(name)s is deactivated. Reactivate them first.", name=name))


def refuse_last_admin(member: Membership) -> None:
    """Refuse when the member is the last active admin; with the organization held alone."""
    if is_last_admin(member):
        words = _(
            "%(name)s is the last active admin here. Make somebody else an admin first.",
            name=member.user.full_name,
        )
        raise Refusal(words)


def is_last_admin(member: Membership) -> bool:
    """Whether the member is the only active admin of the organization."""
    if not member.is_active_admin:
        return False
    admins = db.session.scalar(
        select(func.count())
        .select_from(Membership)
        .where(Membership.organization_id == member.organization_id, Membership.is_active_admin)
    )
    return (admins or 0) < 2


def _record(member: Membership, name: str, by: Actor, **data: Any) -> None:
    events.record(
        member.organization_id,
        name,
        by=by,
        user_id=member.user_id,
        email=member.user.email,
        **data,
    )
