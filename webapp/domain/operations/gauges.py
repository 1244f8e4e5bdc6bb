"""The operator's gauges, read from the database and Redis on request."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from webapp import config, queue
from webapp.db import db
from webapp.domain.operations import checks, job_runs, tallies
from webapp.domain.outbox import provider_events
from webapp.models import Delivery, DeliveryState, JobRun
from webapp.models.delivery import WAITING

STATES = (DeliveryState.QUEUED.value, DeliveryState.SENDING.value)


@dataclass(frozen=True, slots=True)
class Readings:
    """Figures of all processes and machines together."""

    parts: Sequence[checks.Part]
    events: dict[str, int]
    mail: dict[str, int]  # attempts to send, by result
    reports: dict[str, int]  # incoming messages about our mail, by what was done about them
    provider: dict[str, int]  # the provider's events, by whether they named a mail of ours
    outbox: dict[str, int]  # waiting mails by state
    jobs: Sequence[JobRun]
    queue: tuple[int, float] | None  # how many jobs wait, and how many seconds the first has


def take() -> Readings:
    """The present figures, without those of parts that do not answer. Never raises."""
    parts = checks.parts()
    waiting = None
    if checks.NO_QUEUE not in parts:
        with suppress(RedisError, OSError):
            waiting = queue.waiting(config.current().redis_url)
    try:
        return Readings(
            parts,
            tallies.of("event"),
            tallies.of("mail"),
            tallies.counted("report"),
            provider_events.counts(),
            _outbox(),
            job_runs.everything(),
            waiting,
        )
    except SQLAlchemyError:
        db.session.rollback()
        return Readings(parts, {}, {}, {}, {}, {}, (), waiting)


def _outbox() -> dict[str, int]:
    counted = select(Delivery.state, func.count()).where(text(WAITING)).group_by(Delivery.state)
    counts = {state: number for state, number in db.session.execute(counted)}  # noqa: C416 - rows
    return {state: counts.get(state, 0) for state in STATES}
