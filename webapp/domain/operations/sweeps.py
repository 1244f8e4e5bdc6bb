"""What the scheduler does at its times: ends what ran out, and does what the rooms declare."""

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

    Each batch begins at the end of the one before: PostgreSQL's index still holds what was marked.
    """
    total, last = 0, None
    while ends := _expire_batch(last):
        total, last = total + len(ends), ends[-1]
    return total


@transaction()
def _expire_batch(after: datetime | None) -> list[datetime]:
    """Mark the next that ran out, by their ends, which it returns: two statements for them all."""
    now = clock.now()
    query = select(Invitation.id, Invitation.expires_at).where(
        text(PENDING), Invitation.expires_at <= now
    )
    if after is not None:
        query = query.where(Invitation.expires_at >= after)
    due = db.session.execute(
        query.order_by(Invitation.expires_at).limit(BATCH).with_for_update(skip_locked=True)
    ).all()
    expiry.expire([one.id for one in due])
    return [one.expires_at for one in due]


def tidy() -> int:
    """Drop what is of no use any more, and clear the database's file of it; returns how much.

    And have the trail's and the pseudonyms' keys outlive an earlier SECRET_KEY.
    """
    upkeep.renews.do()
    gone = upkeep.forgets.do()
    sqlite_remains.clear()
    return gone


def sum_up() -> int:
    """Add up the lines of the invitations' counts, and what the operator's figures count."""
    return upkeep.sums_up.do()
