"""Whether our parts do their work, for the operator: in one word each, and in a sentence."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime, timedelta

from alembic.script import ScriptDirectory
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock, config, queue
from webapp.db import db
from webapp.domain import job_runs
from webapp.models import Delivery, JobRun, MailHold, Organization
from webapp.models.delivery import WAITING

OK = "ok"
NEEDED = ("database", "migrations")  # without these no page can be trusted
LATE = timedelta(minutes=5)  # a mail that is due this long
QUEUE_SECONDS = 60  # a job that no worker has taken for so long
SCHEDULER_SECONDS = 60  # it starts something every 15


@dataclass(frozen=True, slots=True)
class Part:
    """`ok`, or another word and a sentence; with the moment or the length that says how."""

    name: str
    word: str = OK
    sentence: str = ""
    seconds: float | None = None
    at: datetime | None = None

    @property
    def is_ok(self) -> bool:
        """Whether it does its work."""
        return self.word == OK


def parts() -> list[Part]:
    """All parts; never raises, and waits a moment at most for Redis."""
    found = [database()]
    if found[0].is_ok:
        found.append(migrations())
    behind = not all(part.is_ok for part in found)
    found += [redis(), waiting_jobs()]
    unknown = "This cannot be told without the database as it should be."
    for name, look in (("mail", outbox), ("scheduler", scheduler)):
        found.append(Part(name, "unknown", unknown) if behind else look())
    return found


def status(found: list[Part]) -> str:
    """`ready`, `degraded` while pages and mail go on, or `not ready`."""
    bad = {part.name for part in found if not part.is_ok}
    if bad & set(NEEDED):
        return "not ready"
    return "degraded" if bad else "ready"


def database() -> Part:
    """Whether it answers."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return Part("database", "away", "The database does not answer: look at DATABASE_URL.")
    return Part("database")


def migrations() -> Part:
    """Whether the database has the tables of this very program."""
    wanted = _newest()
    try:
        present = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        db.session.rollback()
        present = None
    if present != wanted:
        said = f"The database stands at {present or 'nothing'}, this program at {wanted}:"
        return Part("migrations", "behind", f"{said} run `flask --app wsgi db upgrade`.")
    return Part("migrations")


def redis() -> Part:
    """Whether it answers. Without it everything goes on, slower and counted less exactly."""
    try:
        queue.connect(config.current().redis_url, queue.CHECK_SECONDS).ping()
    except (RedisError, OSError):
        return Part(
            "redis",
            "away",
            "Redis does not answer. Pages stay up, mail leaves through the scheduler, and tries "
            "at signing in are counted by each process alone.",
        )
    return Part("redis")


def waiting_jobs() -> Part:
    """Whether a worker takes the jobs."""
    try:
        count, seconds = queue.waiting(config.current().redis_url)
    except (RedisError, OSError):
        return Part("queue", "unknown", "The queue lies in Redis, which does not answer.")
    if seconds > QUEUE_SECONDS:
        said = f"{count} jobs wait, the first for {seconds:.0f} seconds: is a worker running?"
        return Part("queue", "late", said, seconds)
    return Part("queue", seconds=seconds)


def outbox() -> Part:
    """Whether mail leaves: nothing is due for long, and the mail server takes our sign-in."""
    now = clock.now()
    due = db.session.scalar(
        select(func.min(Delivery.due_at))
        .outerjoin(Organization, Organization.id == Delivery.organization_id)
        # What a suspended organization has waiting is meant to wait.
        .where(text(WAITING), Organization.suspended_at.is_(None))
    )
    since = due if due is not None and due <= now else None
    seconds = (now - since).total_seconds() if since else 0.0
    held = db.session.get(MailHold, 1)
    if held is not None:
        said = (
            f"The mail server refuses our sign-in since {clock.exact(held.since)}: all mail waits."
        )
        return Part("mail", "held", said, seconds, since)
    if seconds > LATE.total_seconds():
        said = f"A mail is due since {clock.exact(since)}: are a worker and the scheduler running?"  # type: ignore[arg-type]
        return Part("mail", "late", said, seconds, since)
    return Part("mail", seconds=seconds, at=since)


def scheduler() -> Part:
    """Whether it has started something lately."""
    run = db.session.get(JobRun, job_runs.SCHEDULER)
    if run is None:
        return Part("scheduler", "never", "The scheduler has never run: start its process.")
    seconds = max((clock.now() - run.last_at).total_seconds(), 0.0)
    if seconds > SCHEDULER_SECONDS:
        said = f"The scheduler last ran on {clock.exact(run.last_at)}: is its process running?"
        return Part("scheduler", "late", said, seconds, run.last_at)
    return Part("scheduler", seconds=seconds, at=run.last_at)


@functools.cache
def _newest() -> str | None:
    return ScriptDirectory(str(config.ROOT / "migrations")).get_current_head()
