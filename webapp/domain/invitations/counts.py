"""How many invitations there are of each kind, without counting them one by one."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select

from webapp import clock
from webapp.db import db, rows, transaction
from webapp.domain import upkeep
from webapp.models import Invitation, InvitationCount, InvitationState, Organization

_NOW: Any = bindparam("now", type_=Invitation.expires_at.type)
# In one statement: how many there are by state, and how many of the pending are past their end.
_COUNTS = (
    select(
        InvitationCount.state,
        func.sum(InvitationCount.n),
        select(func.count())
        .select_from(Invitation)
        .where(
            Invitation.organization_id == bindparam("organization"),
            Invitation.is_overdue(_NOW),
        )
        .scalar_subquery(),
    )
    .where(InvitationCount.organization_id == bindparam("organization"))
    .group_by(InvitationCount.state)
)
LINES = 200  # of one organization, before they are summed up


def by_status(organization: Organization) -> Counter[str]:
    """How many invitations have each status; a pending one past its end counts as expired."""
    by_state = rows(_COUNTS, {"organization": organization.id, "now": clock.now()}).all()
    counts = Counter({state: int(number) for state, number, _ in by_state})
    overdue = by_state[0][2] if by_state else 0
    counts[InvitationState.PENDING.value] -= overdue
    counts[InvitationState.EXPIRED.value] += overdue
    return counts


@upkeep.sums_up
def sum_up() -> int:
    """Merge an organization's lines into one per kind where it has many; returns for how many."""
    organization_ids = db.session.scalars(
        select(InvitationCount.organization_id)
        .group_by(InvitationCount.organization_id)
        .having(func.count() > LINES)
    ).all()
    for organization_id in organization_ids:
        _sum_up(organization_id)
    return len(organization_ids)


@transaction()
def _sum_up(organization_id: int) -> None:
    # Lines that others add meanwhile are not among those deleted here.
    deleted = db.session.execute(
        delete(InvitationCount)
        .where(InvitationCount.organization_id == organization_id)
        .returning(InvitationCount.state, InvitationCount.delivery_state, InvitationCount.n)
        .execution_options(synchronize_session=False)
    )
    sums: Counter[tuple[str, str]] = Counter()
    for state, delivery_state, number in deleted:
        sums[state, delivery_state] += number
    lines = [
        {
            "organization_id": organization_id,
            "state": state,
            "delivery_state": delivery_state,
            "n": number,
        }
        for (state, delivery_state), number in sums.items()
        if number
    ]
    if lines:
        db.session.execute(insert(InvitationCount), lines)
