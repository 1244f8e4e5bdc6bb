"""The conditions on the rows of the table of invitations."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, text, true

from webapp.domain.invitations import search
from webapp.domain.invitations.lines import Criteria, Ordering
from webapp.models import UNDELIVERED, DeliveryState, Invitation, InvitationState, Organization

# Expired, but not yet marked by the sweep.
OVERDUE = "overdue"


def has_status(status: str | None, ordering: Ordering) -> ColumnElement[bool]:
    """The status as everyone sees it (past its end nothing is pending), or OVERDUE."""
    ends: ColumnElement[Any] = Invitation.expires_at.expression
    now: Any = bindparam("now", type_=ends.type)
    pending = Invitation.state == InvitationState.PENDING
    if status is None:
        return true()
    if status == OVERDUE:
        return and_(Invitation.is_overdue(now))
    if status != InvitationState.PENDING:
        return Invitation.state == status
    if "expires_at" not in ordering.columns:
        # Otherwise SQLite uses the index of the ends, and sorts all pending invitations.
        ends = func.coalesce(ends, ends)
    return and_(pending, ends > now)


def narrow(
    query: Select[Any],
    organization: Organization,
    criteria: Criteria,
    near: type[Invitation] | None,
) -> Select[Any]:
    """Only the rows that fit the criteria, of which `near` are the next ones in the order."""
    entity = near or Invitation
    if criteria.delivery:
        query = query.where(entity.delivery_state == criteria.delivery)
    if criteria.delivery and criteria.delivery != DeliveryState.SENT and not near:
        query = query.where(text(UNDELIVERED))
    if criteria.inviter_id:
        query = query.where(entity.inviter_id == criteria.inviter_id)
    if criteria.words and near:
        query = query.where(search.contains(near.words, criteria.words))
    elif criteria.words:
        query = query.where(search.matches(organization, criteria.words))
    return query
