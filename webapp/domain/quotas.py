"""Daily limits, counted in the database with the rows that they limit."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from webapp import clock
from webapp.db import db, transaction
from webapp.models import DailyCount


def take(kind: str, subject: int | str, most: int) -> bool:
    """Count one more of this kind for the subject today (UTC); False when `most` is reached.

    One statement on one row: two at once wait for each other, so neither gains a place.
    """
    if most < 1:
        return False
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    taken = db.session.execute(
        insert(DailyCount)
        .values(day=clock.day(), kind=kind, subject=str(subject), count=1)
        .on_conflict_do_update(
            index_elements=["day", "kind", "subject"],
            set_={"count": DailyCount.count + 1},
            where=DailyCount.count < most,
        )
        .returning(DailyCount.count)
    )
    return taken.first() is not None


@transaction()
def forget_before_today() -> int:
    """Drop the counters of past days; returns how many."""
    gone = db.session.execute(delete(DailyCount).where(DailyCount.day < clock.day()))
    return int(gone.rowcount)  # type: ignore[attr-defined]
