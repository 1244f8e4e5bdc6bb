"""Claiming mails to send, safely with many workers: each mail is held under a lease."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial

from sqlalchemy import select, update

from webapp import clock, heartbeats
from webapp.db import db, transaction
from webapp.domain import leases
from webapp.domain.leases import Claim
from webapp.domain.outbox import fair_queue, rate
from webapp.models import Delivery, DeliveryState

# How long the mails of a killed worker wait. It outlasts a beat and the wait for a locked row.
LEASE = timedelta(seconds=30)
BEAT_SECONDS = 8.0

_WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING)


@transaction()
def take(limit: int) -> list[Claim]:
    """Claim up to `limit` due mails for this worker, taking turns among the organizations.

    Mails of no organization share one turn. Mails whose lease ran out at another worker are due as
    well. No more are claimed than the rate allows.
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
    return [taken[delivery_id] for delivery_id in chosen if delivery_id in taken]


def kept(taken: Sequence[Claim]) -> AbstractContextManager[None]:
    """Renew the leases of claimed mails for as long as the block runs, however slow the server."""
    return heartbeats.beating(partial(_renew, taken), BEAT_SECONDS)


@transaction()
def _renew(taken: Sequence[Claim]) -> None:
    """Restart the leases that are still held; a locked mail is skipped, and so never waited for.

    The worker itself restarts the lease of a mail that it locks, and one that waited here could be
    waited for by that worker.
    """
    rows = db.session.scalars(
        select(Delivery)
        .where(
            Delivery.id.in_([claim.row_id for claim in taken]),
            Delivery.lease.in_({claim.lease for claim in taken}),
            Delivery.state == DeliveryState.SENDING,
        )
        .with_for_update(skip_locked=True)
    )
    for row in rows:
        leases.renew(row, LEASE)


def held(claim: Claim) -> Delivery | None:
    """The claimed mail, locked and with a fresh lease; None when the lease was lost."""
    delivery = db.session.scalar(
        select(Delivery)
        .where(leases.is_held(Delivery, claim), Delivery.state == DeliveryState.SENDING)
        .with_for_update()
    )
    if delivery is not None:
        leases.renew(delivery, LEASE)
    return delivery


def mine(claim: Claim) -> Delivery | None:
    """The claimed mail, locked; also after its lease ran out, unless another worker took it."""
    return db.session.scalar(
        select(Delivery).where(leases.is_mine(Delivery, claim)).with_for_update()
    )


@transaction()
def release(taken: Iterable[Claim]) -> None:
    """Give claimed mails back untried; they stay ahead of mails that were queued later."""
    for claim in taken:
        db.session.execute(
            update(Delivery)
            .where(leases.is_mine(Delivery, claim))
            .values(state=DeliveryState.QUEUED, lease=None, due_at=Delivery.tried_since)
        )


def put_back(delivery: Delivery, pause: timedelta, words: str | None) -> None:
    """Give a claimed mail back untried, in the current transaction; due again after the pause.

    With a pause, the 24 hours of retries begin when it is over.
    """
    delivery.state, delivery.lease = DeliveryState.QUEUED, None
    if pause:
        delivery.words = words
        delivery.due_at = delivery.tried_since = clock.now() + pause
