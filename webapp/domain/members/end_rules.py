"""Who may change when access ends, and which ends there may be."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select

from webapp import clock
from webapp.db import db
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor, Operator, callers
from webapp.domain.members import holding
from webapp.domain.organizations import memberships, permissions
from webapp.languages import gettext as _
from webapp.models import Membership, Organization, Role

FIELD = "access_until"


def leaves_no_admin(member: Membership, at: datetime) -> bool:
    """Whether nobody else would be an admin at that time, as far as ends are set now."""
    if not (member.is_active and member.role == Role.ADMIN):
        return False
    others = select(Membership.id).where(
        Membership.organization_id == member.organization_id,
        Membership.id != member.id,
        Membership.is_active_admin,
        or_(Membership.ends_at.is_(None), Membership.ends_at > at),
    )
    return db.session.scalar(others.limit(1)) is None


def require_admin_or_sponsor(organization: Organization, member: Membership, by: Actor) -> None:
    """Refuse everybody but admins, and the sponsor as long as both have access."""
    if isinstance(by, Operator):
        return
    callers.confirm()
    role = permissions.role_of(organization.id, by.id)
    if role is None:
        raise permissions.refused()
    is_sponsor = member.sponsor_id == by.id and member.has_access
    if not (permissions.allows(role, "members:write") or is_sponsor):
        raise permissions.refused()


def within_own(
    organization: Organization, member: Membership, ends_at: datetime, by: Actor
) -> datetime:
    """The end, or the actor's own if that comes earlier and they are no admin.

    Otherwise two who sponsor each other could extend each other for ever.
    """
    if isinstance(by, Operator):
        return ends_at
    own = memberships.of_user(organization, by)
    if own.ends_at is None or permissions.allows(own.role, "members:write"):
        return ends_at
    if member.ends_at is not None and own.ends_at <= member.ends_at:
        words = _(
            "Your own access ends before that of %(name)s, so you cannot extend it. Ask an admin.",
            name=member.user.full_name,
        )
        raise Refusal(words)
    return min(ends_at, own.ends_at)


def refuse_oneself(member: Membership, by: Actor, ends_at: datetime | None) -> None:
    """Refuse people who change their own end; the only admin may remove theirs."""
    if member.user_id != by.id or (ends_at is None and holding.is_last_admin(member)):
        return
    raise Refusal(_("You cannot change when your own access ends. Ask another admin."), FIELD)


def refuse_past(ends_at: datetime | None) -> None:
    """Refuse a time that is over: ending now is a verb of its own."""
    if ends_at is not None and ends_at <= clock.now():
        raise Refusal(_("Choose a day that is not over yet."), FIELD)


def refuse_leaving_no_admin(member: Membership, ends_at: datetime | None) -> None:
    """Refuse an end after which nobody would be an admin."""
    if ends_at is not None and leaves_no_admin(member, ends_at):
        words = _(
            "With this end nobody would be an admin here afterwards. Make somebody else an admin "
            "first, without an end.",
        )
        raise Refusal(words, FIELD)


def objection_to_change(member: Membership, *, by: Actor) -> Refusal | None:
    """Why the member's end cannot be changed at all now, before anybody fills in a form."""
    try:
        holding.refuse_deactivated(member)
        if not holding.is_last_admin(member):
            refuse_oneself(member, by, member.ends_at)
    except Refusal as refusal:
        return refusal
    return None


def objection_to_ending(member: Membership, *, by: Actor) -> Refusal | None:
    """Why the member's access cannot be ended now."""
    if member.access_status == "ended":
        return Refusal(_("The access of %(name)s has ended already.", name=member.user.full_name))
    try:
        holding.refuse_deactivated(member)
        refuse_ending_oneself(member, by)
        holding.refuse_last_admin(member)
    except Refusal as refusal:
        return refusal
    return None


def refuse_ending_oneself(member: Membership, by: Actor) -> None:
    """Refuse people who end their own access."""
    if member.user_id == by.id:
        raise Refusal(_("You cannot end your own access. Leave the organization instead."))
