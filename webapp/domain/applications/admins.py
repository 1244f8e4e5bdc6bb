"""Whom people who may not enter can ask."""

from __future__ import annotations

from sqlalchemy import select

from webapp.db import db
from webapp.domain.applications.entry import Barrier
from webapp.models import Membership, User

SHOWN = 3
# People who were shut out, or were never here, learn no names.
NOT_TOLD = (Barrier.NO_MEMBER, Barrier.DEACTIVATED)


def names(organization_id: int, barrier: Barrier) -> list[str]:
    """Some admins of the organization, who have been longest in it; none for those outside."""
    if barrier in NOT_TOLD:
        return []
    query = (
        select(User.full_name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == organization_id, Membership.is_active_admin)
        .order_by(Membership.id)
        .limit(SHOWN)
    )
    return list(db.session.scalars(query))
