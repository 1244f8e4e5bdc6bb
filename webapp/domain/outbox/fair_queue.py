"""Whose mail is next: one of each organization, then a second of each, and so on."""

from __future__ import annotations

import secrets
from datetime import datetime
from itertools import zip_longest

from sqlalchemy import Select, exists, func, literal, select, text, union_all

from webapp import clock
from webapp.db import db
from webapp.models import Delivery, Organization
from webapp.models.delivery import WAITING

_random = secrets.SystemRandom()


def choose(limit: int) -> list[int]:
    """The ids of up to `limit` due mails, in the order in which they should go.

    It costs what the answer costs: a look into the index for each organization that has mail
    waiting, and the few rows that are chosen. How many wait behind them does not matter.
    """
    if limit < 1:
        return []
    now = clock.now()
    somebody = [*db.session.scalars(_organizations(now))]
    if len(somebody) > limit:
        # Not the first by any order: whoever has much waiting would always be among those.
        somebody = _random.sample(somebody, limit)
    queues = [None, *somebody]  # mails of no organization have a turn of their own
    each = min(limit - len(somebody) + 1, limit)  # the others have one due at the least
    first = [select(_first_due(one, n, each, now).subquery()) for n, one in enumerate(queues)]
    lines: dict[int, list[tuple[datetime, int]]] = {}
    for number, due_at, delivery_id in db.session.execute(union_all(*first)):
        lines.setdefault(number, []).append((due_at, delivery_id))
    in_turn = zip_longest(*(sorted(line) for line in lines.values()))
    return [one[1] for turn in in_turn for one in turn if one is not None][:limit]


def _organizations(now: datetime) -> Select[int]:
    """Those that have mail due: from one to the next by the index, never through all rows."""
    waiting = text(WAITING)
    lowest = select(func.min(Delivery.organization_id)).where(waiting).scalar_subquery()
    known = select(lowest.label("id")).cte("known", recursive=True)
    above = (
        select(func.min(Delivery.organization_id))
        .where(waiting, Delivery.organization_id > known.c.id)
        .correlate(known)
        .scalar_subquery()
    )
    known = known.union_all(select(above).where(known.c.id.is_not(None)))
    is_due = exists().where(
        Delivery.organization_id == Organization.id, waiting, Delivery.due_at <= now
    )
    return (
        select(Organization.id)
        .join(known, known.c.id == Organization.id)
        .where(Organization.is_active, is_due)
    )


def _first_due(
    organization_id: int | None, number: int, most: int, now: datetime
) -> Select[int, datetime, int]:
    # With IS NULL for none, as SQLAlchemy writes it; both databases find those by the index, too.
    return (
        select(literal(number).label("number"), Delivery.due_at, Delivery.id)
        .where(Delivery.organization_id == organization_id, text(WAITING), Delivery.due_at <= now)
        .order_by(Delivery.due_at, Delivery.id)
        .limit(most)
    )
