"""Daily limits, counted in the database with the rows that they limit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, or_, select, update

from webapp import clock
from webapp.db import db, rows, transaction
from webapp.domain import upkeep
from webapp.models import DailyCount
from webapp.upserts import statement, upsert

_COUNT: dict[str, Any] = {"on": ["day", "kind", "subject"], "add": ["count"], "update": ["at"]}


def take(kind: str, subject: int | str, most: int, *, apart: timedelta = timedelta(0)) -> bool:
    """Count one more of this kind for the subject today (UTC); False when `most` is reached.

    False also when the last one today was less than `apart` ago; that does not count.

    One statement on one row: two callers at once wait for each other, so none exceeds the limit.
    """
    if most < 1:
        return False
    now = clock.now()
    values = {
        "day": clock.day(),
        "kind": kind,
        "subject": str(subject),
        "count": 1,
        "at": now,
        "most": most,
        "before": now - apart,
    }
    return rows(_one_more(db.engine.dialect.name, bool(apart)), values).first() is not None


def take_each(kind: str, subjects: Iterable[str], most: int) -> set[str]:
    """Count one more of this kind for each subject; returns those who were below the limit.

    In the order of the subjects, so that two callers who take many at once never deadlock.
    """
    now = clock.now()
    counts = [
        {"day": clock.day(), "kind": kind, "subject": subject, "count": 1, "at": now}
        for subject in sorted(set(subjects))
    ]
    if not counts:
        return set()
    below_limit = DailyCount.count < most
    taken = upsert(DailyCount, counts, **_COUNT, where=below_limit, returning=[DailyCount.subject])
    return {subject for (subject,) in taken}


def used(kind: str, subject: int | str) -> int:
    """How many of this kind the subject has had today."""
    return db.session.scalar(_count(kind, subject)) or 0


def hold(kind: str, subject: int | str) -> int:
    """The same, and locks the count until the present transaction ends."""
    row = {"day": clock.day(), "kind": kind, "subject": str(subject), "count": 0, "at": None}
    upsert(DailyCount, row)
    return db.session.scalars(_count(kind, subject).with_for_update()).one()


def add(kind: str, subject: int | str, number: int) -> None:
    """Count this many more for a subject that is held."""
    db.session.execute(
        update(DailyCount)
        .where(
            DailyCount.day == clock.day(),
            DailyCount.kind == kind,
            DailyCount.subject == str(subject),
        )
        .values(count=DailyCount.count + number, at=clock.now())
        .execution_options(synchronize_session=False)
    )


@upkeep.forgets
@transaction()
def forget_before_today() -> int:
    """Drop the counters of past days; returns how many."""
    deleted = db.session.execute(delete(DailyCount).where(DailyCount.day < clock.day()))
    return int(deleted.rowcount)  # type: ignore[attr-defined]


def _count(kind: str, subject: int | str) -> Select[int]:
    return select(DailyCount.count).where(
        DailyCount.day == clock.day(),
        DailyCount.kind == kind,
        DailyCount.subject == str(subject),
    )


@lru_cache
def _one_more(dialect: str, apart: bool) -> Any:
    condition = DailyCount.count < bindparam("most")
    if apart:
        before = bindparam("before", type_=DailyCount.at.type)
        condition &= or_(DailyCount.at.is_(None), DailyCount.at <= before)
    return statement(dialect, DailyCount, **_COUNT, where=condition, returning=[DailyCount.count])
