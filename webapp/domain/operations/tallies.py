"""How many events and attempts to send mail there ever were, by name, without recounting all.

Old rows are summed up once; only later ones are counted. Both tables are append-only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, literal, select, union_all, update

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import upkeep
from webapp.models import DeliveryAttempt, Event, Tally
from webapp.upserts import upsert

# For each kind: the id, name and time of a row.
KINDS: dict[str, tuple[Any, Any, Any]] = {
    "event": (Event.id, Event.name, Event.at),
    "mail": (DeliveryAttempt.id, DeliveryAttempt.result, DeliveryAttempt.at),
}
# No transaction takes this long: every id below that of a row this old has been committed.
SETTLED = timedelta(minutes=10)
PLACE = ""  # the name of the row that holds the last id summed up


def of(kind: str) -> dict[str, int]:
    """How many rows there are of each name, as of one moment."""
    summed = select(Tally.name, Tally.n).where(Tally.kind == kind, Tally.name != PLACE)
    # One statement, so that the sums and the place belong together.
    rest = _since(kind, func.coalesce(_place(kind).scalar_subquery(), 0))
    counts: Counter[str] = Counter()
    rows: Sequence[Any] = db.session.execute(union_all(summed, rest)).all()
    for name, number in rows:
        counts[name] += int(number)
    return dict(counts)


def counted(kind: str) -> dict[str, int]:
    """Figures of a kind that has no rows of its own, and is counted where it happens."""
    rows = db.session.execute(select(Tally.name, Tally.n).where(Tally.kind == kind))
    return {name: int(number) for name, number in rows}


@upkeep.sums_up
@transaction()
def sum_up() -> int:
    """Sum up what has settled since the last time; returns how many rows that was."""
    return sum(_sum_up(kind) for kind in KINDS)


def _sum_up(kind: str) -> int:
    id_, _, at = KINDS[kind]
    upsert(Tally, {"kind": kind, "name": PLACE, "n": 0})
    place = db.session.scalars(_place(kind).with_for_update()).one()
    first_unsettled = db.session.scalar(
        select(id_).where(id_ > place, at > clock.now() - SETTLED).order_by(id_).limit(1)
    )
    last = first_unsettled - 1 if first_unsettled else db.session.scalar(select(func.max(id_))) or 0
    added: dict[str, int] = {
        row[0]: row[1] for row in db.session.execute(_since(kind, literal(place), last))
    }
    for name, number in added.items():
        values = {"kind": kind, "name": name, "n": number}
        upsert(Tally, values, on=["kind", "name"], add=["n"])
    marker = update(Tally).where(Tally.kind == kind, Tally.name == PLACE)
    db.session.execute(marker.values(n=max(place, last)))
    return sum(added.values())


def _place(kind: str) -> Select[int]:
    return select(Tally.n).where(Tally.kind == kind, Tally.name == PLACE)


def _since(kind: str, place: Any, last: int | None = None) -> Select[Any]:
    id_, name, _ = KINDS[kind]
    query = select(name, func.count()).where(id_ > place).group_by(name)
    return query if last is None else query.where(id_ <= last)
