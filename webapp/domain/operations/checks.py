"""Whether our parts do their work, for the operator: in one word each, and in a sentence."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from alembic.script import ScriptDirectory
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock, config, outages, queue
from webapp.db import db
from webapp.domain.operations import job_runs
from webapp.models import Delivery, JobRun, MailHold, Organization
from webapp.models.delivery import WAITING
from webapp.outages import Outage

OK = "ok"
AWAY = Outage.AWAY.value
NEEDED = {("database", AWAY), ("migrations", "behind")}  # no page can be trusted then
WRITE_SECONDS = 0.5  # that another writer is waited for
ASKED_EVERY = 1.0  # seconds; anybody may ask, and asking writes
CANNOT_WRITE = {
    Outage.BUSY: "Something holds the database and lets nobody else write: look for a program "
    "that has it open, or a transaction that does not end.",
    Outage.FULL: "The database cannot be written, its disk is full: pages can be read, and nobody "
    "can sign in, accept or invite. Make room; it goes on by itself.",
    Outage.READ_ONLY: "The database cannot be written, it is read-only: look at DATABASE_URL, and "
    "at who owns the file.",
    Outage.AWAY: "The database does not answer: look at DATABASE_URL.",
}
_asked: WeakKeyDictionary[Engine, tuple[float, Outage | None]] = WeakKeyDictionary()
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
    if found[0].word != AWAY:
        found.append(migrations())
    behind = len(found) == 1 or not found[1].is_ok
    found += [redis(), waiting_jobs()]
    unknown = "This cannot be told without the database as it should be."
    for name, look in (("mail", outbox), ("scheduler", scheduler)):
        found.append(Part(name, "unknown", unknown) if behind else look())
    return found


def status(found: list[Part]) -> str:
    """`ready`, `degraded` while pages and mail go on, or `not ready`."""
    bad = {(part.name, part.word) for part in found if not part.is_ok}
    if bad & NEEDED:
        return "not ready"
    return "degraded" if bad else "ready"


def database() -> Part:
    """Whether it answers, and can be written."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return Part("database", AWAY, CANNOT_WRITE[Outage.AWAY])
    outage = _of_writing()
    return Part("database", outage.value, CANNOT_WRITE[outage]) if outage else Part("database")


def _of_writing() -> Outage | None:
    asked, outage = _asked.get(db.engine, (-ASKED_EVERY, None))
    if time.monotonic() - asked >= ASKED_EVERY:
        outage = outages.of_writing(WRITE_SECONDS)
        _asked[db.engine] = time.monotonic(), outage
    return outage


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
        .where(text(WAITING), Organization.is_active)
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
