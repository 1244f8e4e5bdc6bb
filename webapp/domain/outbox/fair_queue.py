"""Whose mail is next: one from each organization, then a second from each, and so on."""

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
    """The ids of up to `limit` due mails, in the order in which they should be sent.

    The cost is one index lookup for each organization with waiting mail, and the chosen rows. The
    number of mails behind them does not matter.
    """
    if limit < 1:
        return []
    now = clock.now()
    organization_ids = [*db.session.scalars(_organizations(now))]
    if len(organization_ids) > limit:
        # A random sample: in any fixed order the same organizations would always come first.
        organization_ids = _random.sample(organization_ids, limit)
    most = min(limit - len(organization_ids) + 1, limit)  # each of the others has at least one due
    queries = [
        select(_first_due(organization_id, number, most, now).subquery())
        # Mails of no organization share one turn.
        for number, organization_id in enumerate([None, *organization_ids])
    ]
    queues: dict[int, list[tuple[datetime, int]]] = {}
    for number, due_at, delivery_id in db.session.execute(union_all(*queries)):
        queues.setdefault(number, []).append((due_at, delivery_id))
    rounds = zip_longest(*(sorted(queue) for queue in queues.values()))
    return [mail[1] for mails in rounds for mail in mails if mail is not None][:limit]


def _organizations(now: datetime) -> Select[int]:
    """The active ones with mail due; steps from one to the next by the index (a loose scan)."""
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
    # SQLAlchemy writes IS NULL for None; both databases use the index for that as well.
    return (
        select(literal(number).label("number"), Delivery.due_at, Delivery.id)
        .where(Delivery.organization_id == organization_id, text(WAITING), Delivery.due_at <= now)
        .order_by(Delivery.due_at, Delivery.id)
        .limit(most)
    )
