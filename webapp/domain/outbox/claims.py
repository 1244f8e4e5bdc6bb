"""Taking mails to send them, safely with many workers: each mail is held with a lease."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select, update

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import leases
from webapp.domain.leases import Claim
from webapp.domain.outbox import fair_queue, rate
from webapp.models import Delivery, DeliveryState

LEASE = timedelta(seconds=180)  # longer than one mail can take with all its time-outs

_WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING)


@transaction()
def take(limit: int) -> list[Claim]:
    """Take up to `limit` due mails for this worker, turn by turn over the organizations.

    Mails of no organization have a turn of their own. Due is also what another worker left
    behind when its lease ran out. No more are taken than the pace allows.
    """
    rate.take_turn()
    chosen = fair_queue.choose(rate.left(limit))
    rows = db.session.scalars(
        select(Delivery)
        .where(Delivery.id.in_(chosen), Delivery.state.in_(_WAITING), leases.is_free(Delivery))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for row in rows:
        row.state = DeliveryState.SENDING
    taken = leases.take(rows, LEASE)
    return [taken[one] for one in chosen if one in taken]


def held(claim: Claim) -> Delivery | None:
    """The claimed mail, locked and with a fresh lease; None when the lease was lost."""
    row = db.session.scalar(
        select(Delivery)
        .where(leases.is_held(Delivery, claim), Delivery.state == DeliveryState.SENDING)
        .with_for_update()
    )
    if row is not None:
        leases.renew(row, LEASE)
    return row


def mine(claim: Claim) -> Delivery | None:
    """The claimed mail, locked; also when its lease ran out, unless somebody took it since."""
    return db.session.scalar(
        select(Delivery).where(leases.is_mine(Delivery, claim)).with_for_update()
    )


@transaction()
def release(taken: Iterable[Claim]) -> None:
    """Give claimed mails back untried; they keep their place before what was queued later."""
    for claim in taken:
        db.session.execute(
            update(Delivery)
            .where(leases.is_mine(Delivery, claim))
            .values(state=DeliveryState.QUEUED, lease=None, due_at=Delivery.tried_since)
        )


def put_back(delivery: Delivery, pause: timedelta, words: str | None) -> None:
    """Leave a claimed mail untried, in the present transaction; with a pause, for so long.

    The day of trying begins when it can be tried.
    """
    delivery.state, delivery.lease = DeliveryState.QUEUED, None
    if pause:
        delivery.words = words
        delivery.due_at = delivery.tried_since = clock.now() + pause
