"""How long the access lasts that an invitation gives: until a moment, or some days from joining."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from webapp.db import db
from webapp.domain.organizations import access_terms, days
from webapp.models import Invitation, Membership, Role


def at_joining(invitation: Invitation) -> datetime | None:
    """When the access ends of somebody who joins now; None: no end.

    Within the longest term of the role as it is now. The first admin gets no end.
    """
    if invitation.role == Role.ADMIN and not _has_admin(invitation.organization_id):
        return None
    end = invitation.access_until
    if end is None and invitation.access_days:
        end = days.after(invitation.organization, invitation.access_days)
    latest = access_terms.latest(invitation.organization, invitation.role)
    return latest if latest is not None and (end is None or end > latest) else end


def _has_admin(organization_id: int) -> bool:
    admins = select(Membership.id).where(
        Membership.organization_id == organization_id, Membership.is_active_admin
    )
    return db.session.scalar(admins.limit(1)) is not None
