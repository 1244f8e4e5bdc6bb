"""Whether an admin is invited only when a second one agrees (rule R2)."""

from __future__ import annotations

from sqlalchemy import func, select

from webapp.db import db
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor, Operator
from webapp.languages import gettext
from webapp.models import Event, Invitation, Membership, Organization, Role


class SecondAdminNeeded(Refusal):
    """Another admin has to agree before somebody becomes an admin here."""


def applies(organization: Organization) -> bool:
    """Whether it is demanded now: the setting is on, and there is more than one admin."""
    return organization.needs_second_admin and count(organization) > 1


def count(organization: Organization) -> int:
    """How many admins have access here now."""
    query = select(func.count()).select_from(Membership)
    query = query.where(Membership.organization_id == organization.id, Membership.is_active_admin)
    return int(db.session.scalar(query) or 0)


def refuse(
    organization: Organization,
    role: str,
    *,
    by: Actor,
    before: str | None = None,
    approved: bool = False,
) -> None:
    """Refuse to make somebody an admin alone, where a second admin has to agree."""
    is_new = role == Role.ADMIN and before != Role.ADMIN
    if approved or not is_new or isinstance(by, Operator):
        return
    if applies(organization):
        raise needed()


def is_missing(invitation: Invitation) -> bool:
    """Whether a new link would make an admin to whom no second admin has agreed.

    It was open when the option was switched on. The operator needs nobody’s consent.
    """
    if invitation.role != Role.ADMIN or invitation.inviter_id is None:
        return False
    if not applies(invitation.organization):
        return False
    agreed = select(Event.id).where(
        Event.invitation_id == invitation.id, Event.name == "RequestApproved"
    )
    return db.session.scalar(agreed.limit(1)) is None


def refuse_new_link(invitation: Invitation, *, by: Actor) -> None:
    """Refuse a new link for such an invitation."""
    if not isinstance(by, Operator) and is_missing(invitation):
        words = gettext(
            "Here, a second admin has to agree before somebody becomes an admin, and none has "
            "agreed to this invitation. Revoke it and invite them again: another admin is then "
            "asked."
        )
        raise SecondAdminNeeded(words)


def needed() -> SecondAdminNeeded:
    """The refusal, which says what to do instead."""
    words = gettext(
        "A second admin must agree before anybody becomes an admin here. Invite them on the page "
        "Invitations: another admin will be asked."
    )
    return SecondAdminNeeded(words, "role")
