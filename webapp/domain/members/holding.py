"""A member, held while they are changed; and the last admin, who has to stay one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from webapp.db import db
from webapp.domain import events, organizations
from webapp.domain.accounts import people
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.invitations import inviter_handover
from webapp.domain.organizations import memberships, permissions
from webapp.languages import gettext as _
from webapp.models import Invitation, Membership, Organization

Held = tuple[Membership, list[Invitation]]


def locked(organization: Organization, membership_id: int, by: Actor) -> Held:
    """The member and their open invitations, locked; nobody else changes members meanwhile."""
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "members:write")
    return rows(organization, membership_id)


def rows(organization: Organization, membership_id: int) -> Held:
    """The same, for a caller who holds the organization alone and has asked for rights."""
    user_id = memberships.find(organization, membership_id).user_id
    invitations = inviter_handover.hold(organization.id, user_id)
    member = memberships.locked(organization, membership_id)
    people.hold(member.user)
    return member, invitations


def refuse_deactivated(member: Membership) -> None:
    """Refuse what only makes sense for a member whom nobody has deactivated."""
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


def record(member: Membership, name: str, by: Actor | str, **data: Any) -> None:
    """Add an event about the member to the present transaction."""
    events.record(
        member.organization_id,
        name,
        by=by,
        user_id=member.user_id,
        email=member.user.email,
        **data,
    )
