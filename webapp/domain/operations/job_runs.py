"""How often each job ran, for how long, and when last: across all processes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock
from webapp.db import db, transaction
from webapp.models import JobRun
from webapp.upserts import upsert

SCHEDULER = "scheduler"  # its row says when it last started something

log = logging.getLogger("gatehouse.jobs")


def note(name: str, seconds: float = 0.0, *, failed: bool = False) -> None:
    """Record one run that ends now; never raises, as the run itself is done."""
    try:
        _note(name, seconds, failed)
    except SQLAlchemyError as error:
        log.warning("a run of %s was not written down: %s", name, type(error).__name__)


def everything() -> Sequence[JobRun]:
    """All rows, by name."""
    return db.session.scalars(select(JobRun).order_by(JobRun.name)).all()


@transaction()
def _note(name: str, seconds: float, failed: bool) -> None:
    run = {
        "name": name,
        "runs": 1,
        "failures": int(failed),
        "seconds": seconds,
        "last_at": clock.now() - timedelta(seconds=seconds),
        "last_seconds": seconds,
    }
    counted, latest = ["runs", "failures", "seconds"], ["last_at", "last_seconds"]
    upsert(JobRun, run, on=["name"], add=counted, update=latest)
