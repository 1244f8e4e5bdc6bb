"""Daily limits, counted in the database with the rows that they limit."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_
from sqlalchemy.dialects import postgresql, sqlite

from webapp import clock
from webapp.db import db, transaction
from webapp.models import DailyCount


def take(kind: str, subject: int | str, most: int, *, apart: timedelta = timedelta(0)) -> bool:
    """Count one more of this kind for the subject today (UTC); False when `most` is reached.

    False also when the last of today was less than `apart` ago; that does not count.

    One statement on one row: two at once wait for each other, so neither gains a place.
    """
    if most < 1:
        return False
    now = clock.now()
    where = DailyCount.count < most
    if apart:
        where &= or_(DailyCount.at.is_(None), DailyCount.at <= now - apart)
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    taken = db.session.execute(
        insert(DailyCount)
        .values(day=clock.day(), kind=kind, subject=str(subject), count=1, at=now)
        .on_conflict_do_update(
            index_elements=["day", "kind", "subject"],
            set_={"count": DailyCount.count + 1, "at": now},
            where=where,
        )
        .returning(DailyCount.count)
    )
    return taken.first() is not None


@transaction()
def forget_before_today() -> int:
    """Drop the counters of past days; returns how many."""
    gone = db.session.execute(delete(DailyCount).where(DailyCount.day < clock.day()))
    return int(gone.rowcount)  # type: ignore[attr-defined]
