"""How many events and tries at mail there ever were, by name, without counting them all anew.

What is old is summed up once; only what came since is counted. Both tables are only added to.
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

# Of each kind: the id, the name, and the moment of one line.
KINDS: dict[str, tuple[Any, Any, Any]] = {
    "event": (Event.id, Event.name, Event.at),
    "mail": (DeliveryAttempt.id, DeliveryAttempt.result, DeliveryAttempt.at),
}
# No transaction takes so long: every id below a line that is as old as this has been committed.
SETTLED = timedelta(minutes=10)
PLACE = ""  # the name of the line that says up to which id was summed


def of(kind: str) -> dict[str, int]:
    """How many lines there are of each name, as of one moment."""
    summed = select(Tally.name, Tally.n).where(Tally.kind == kind, Tally.name != PLACE)
    # One statement sees the sums and the place that belong together.
    rest = _since(kind, func.coalesce(_place(kind).scalar_subquery(), 0))
    counts: Counter[str] = Counter()
    found: Sequence[Any] = db.session.execute(union_all(summed, rest)).all()
    for one, number in found:
        counts[one] += int(number)
    return dict(counts)


@upkeep.sums_up
@transaction()
def sum_up() -> int:
    """Sum up what has settled since the last time; returns how many lines that were."""
    return sum(_sum_up(kind) for kind in KINDS)


def _sum_up(kind: str) -> int:
    id_, _, at = KINDS[kind]
    upsert(Tally, {"kind": kind, "name": PLACE, "n": 0})
    place = db.session.scalars(_place(kind).with_for_update()).one()
    fresh = db.session.scalar(
        select(id_).where(id_ > place, at > clock.now() - SETTLED).order_by(id_).limit(1)
    )
    last = fresh - 1 if fresh else db.session.scalar(select(func.max(id_))) or 0
    added: dict[str, int] = {
        row[0]: row[1] for row in db.session.execute(_since(kind, literal(place), last))
    }
    for one, number in added.items():
        more = {"kind": kind, "name": one, "n": number}
        upsert(Tally, more, on=["kind", "name"], add=["n"])
    its = update(Tally).where(Tally.kind == kind, Tally.name == PLACE)
    db.session.execute(its.values(n=max(place, last)))
    return sum(added.values())


def _place(kind: str) -> Select[int]:
    return select(Tally.n).where(Tally.kind == kind, Tally.name == PLACE)


def _since(kind: str, place: Any, last: int | None = None) -> Select[Any]:
    id_, name, _ = KINDS[kind]
    query = select(name, func.count()).where(id_ > place).group_by(name)
    return query if last is None else query.where(id_ <= last)
