"""How often each job ran, for how long, and when last: over all processes together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock
from webapp.db import db, transaction
from webapp.models import JobRun

SCHEDULER = "scheduler"  # its line says when it last started something

log = logging.getLogger("gatehouse.jobs")


def note(name: str, seconds: float = 0.0, *, failed: bool = False) -> None:
    """Write down one run that ends now; never raises, as the run itself is done."""
    try:
        _note(name, seconds, failed)
    except SQLAlchemyError as error:
        log.warning("a run of %s was not written down: %s", name, type(error).__name__)


def everything() -> Sequence[JobRun]:
    """All lines, by name."""
    return db.session.scalars(select(JobRun).order_by(JobRun.name)).all()


@transaction()
def _note(name: str, seconds: float, failed: bool) -> None:
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    began = clock.now() - timedelta(seconds=seconds)
    db.session.execute(
        insert(JobRun)
        .values(
            name=name,
            runs=1,
            failures=int(failed),
            seconds=seconds,
            last_at=began,
            last_seconds=seconds,
        )
        .on_conflict_do_update(
            index_elements=["name"],
            set_={
                "runs": JobRun.runs + 1,
                "failures": JobRun.failures + int(failed),
                "seconds": JobRun.seconds + seconds,
                "last_at": began,
                "last_seconds": seconds,
            },
        )
    )
