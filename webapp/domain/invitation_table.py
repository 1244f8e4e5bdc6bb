"""The table of an organization's invitations, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.db import db
from webapp.models import Invitation, InvitationState, Organization

SIZE = 50
STATUSES = tuple(state.value for state in InvitationState)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page, newest first, and the id before which the next page begins."""

    rows: Sequence[Invitation]
    status: str | None
    next_before: int | None
    is_first: bool


def page(organization: Organization, *, status: str | None = None, before: int = 0) -> Page:
    """A page of the organization's invitations; an unknown status is none at all."""
    wanted = status if status in STATUSES else None
    query = (
        select(Invitation)
        .options(joinedload(Invitation.inviter))
        .where(Invitation.organization_id == organization.id)
        .order_by(Invitation.id.desc())
        .limit(SIZE + 1)
    )
    if wanted:
        query = query.where(_has_status(wanted, clock.now()))
    if before:
        query = query.where(Invitation.id < before)
    rows = db.session.scalars(query).all()
    more = rows[SIZE - 1].id if len(rows) > SIZE else None
    return Page(rows[:SIZE], wanted, more, not before)


def _has_status(status: str, now: datetime) -> ColumnElement[bool]:
    """The status as everyone sees it: past its end is expired, swept or not."""
    pending = Invitation.state == InvitationState.PENDING
    if status == InvitationState.PENDING:
        return and_(pending, Invitation.expires_at > now)
    if status == InvitationState.EXPIRED:
        return or_(
            Invitation.state == InvitationState.EXPIRED,
            and_(pending, Invitation.expires_at <= now),
        )
    return Invitation.state == status
