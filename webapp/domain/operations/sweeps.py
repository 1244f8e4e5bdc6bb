"""What the scheduler does regularly: ends what ran out, and runs what the rooms declare."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text

from webapp import clock, sqlite_remains
from webapp.db import db, transaction
from webapp.domain import upkeep
from webapp.domain.invitations import expiry
from webapp.models import Invitation
from webapp.models.invitation import PENDING

BATCH = 1000


def expire() -> int:
    """Mark all invitations whose links ran out, batch by batch; returns how many.

    Each batch begins at the end of the one before, as PostgreSQL's index still has marked rows.
    """
    total, last = 0, None
    while ends := _expire_batch(last):
        total, last = total + len(ends), ends[-1]
    return total


@transaction()
def _expire_batch(after: datetime | None) -> list[datetime]:
    """Mark the next that ran out, in order of their ends, which it returns; two statements."""
    now = clock.now()
    query = select(Invitation.id, Invitation.expires_at).where(
        text(PENDING), Invitation.expires_at <= now
    )
    if after is not None:
        query = query.where(Invitation.expires_at >= after)
    due = db.session.execute(
        query.order_by(Invitation.expires_at).limit(BATCH).with_for_update(skip_locked=True)
    ).all()
    expiry.expire([row.id for row in due])
    return [row.expires_at for row in due]


def tidy() -> int:
    """Drop what is no longer needed and clear the database's file of it; returns how much.

    First encrypts the keys of trails and pseudonyms with the present SECRET_KEY.
    """
    upkeep.renews.do()
    dropped = upkeep.forgets.do()
    sqlite_remains.clear()
    return dropped


def sum_up() -> int:
    """Add up the rows of the invitations' counts and of the operator's figures."""
    return upkeep.sums_up.do()
