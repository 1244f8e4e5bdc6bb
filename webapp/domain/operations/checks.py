"""Whether the parts of Gatehouse work, for the operator: a word and a sentence for each."""

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
NEEDED = {("database", AWAY), ("migrations", "behind")}  # no page works then
WRITE_SECONDS = 0.5  # to wait for another writer
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
LATE = timedelta(minutes=5)  # a mail has been due for this long
QUEUE_SECONDS = 60  # a job has waited for a worker for this long
SCHEDULER_SECONDS = 60  # it starts something every 15


@dataclass(frozen=True, slots=True)
class Part:
    """A part: `ok`, or another word and a sentence; with the time or duration behind it."""

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
    """All parts; never raises, and waits only briefly for Redis."""
    checked = [database()]
    if checked[0].word != AWAY:
        checked.append(migrations())
    behind = len(checked) == 1 or not checked[1].is_ok
    checked += [redis(), waiting_jobs()]
    unknown = "This cannot be told without the database as it should be."
    for name, check in (("mail", outbox), ("scheduler", scheduler)):
        checked.append(Part(name, "unknown", unknown) if behind else check())
    return checked


def status(checked: list[Part]) -> str:
    """`ready`, `degraded` while pages and mail still work, or `not ready`."""
    bad = {(part.name, part.word) for part in checked if not part.is_ok}
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
    """Whether the database has the tables of this version."""
    newest = _newest()
    try:
        present = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        db.session.rollback()
        present = None
    if present != newest:
        sentence = f"The database stands at {present or 'nothing'}, this program at {newest}:"
        return Part("migrations", "behind", f"{sentence} run `flask --app wsgi db upgrade`.")
    return Part("migrations")


def redis() -> Part:
    """Whether it answers. Without it all works, but slower and with less exact counts."""
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
        sentence = f"{count} jobs wait, the first for {seconds:.0f} seconds: is a worker running?"
        return Part("queue", "late", sentence, seconds)
    return Part("queue", seconds=seconds)


def outbox() -> Part:
    """Whether mail leaves: none is overdue, and the mail server accepts our sign-in."""
    now = clock.now()
    due = db.session.scalar(
        select(func.min(Delivery.due_at))
        .outerjoin(Organization, Organization.id == Delivery.organization_id)
        # Mail of a suspended organization is meant to wait.
        .where(text(WAITING), Organization.is_active)
    )
    since = due if due is not None and due <= now else None
    seconds = (now - since).total_seconds() if since else 0.0
    mail_hold = db.session.get(MailHold, 1)
    if mail_hold is not None:
        moment = clock.exact(mail_hold.since)
        sentence = f"The mail server refuses our sign-in since {moment}: all mail waits."
        return Part("mail", "held", sentence, seconds, since)
    if seconds > LATE.total_seconds():
        sentence = (
            f"A mail is due since {clock.exact(since)}: are a worker and the scheduler running?"  # type: ignore[arg-type]
        )
        return Part("mail", "late", sentence, seconds, since)
    return Part("mail", seconds=seconds, at=since)


def scheduler() -> Part:
    """Whether it has started something lately."""
    run = db.session.get(JobRun, job_runs.SCHEDULER)
    if run is None:
        return Part("scheduler", "never", "The scheduler has never run: start its process.")
    seconds = max((clock.now() - run.last_at).total_seconds(), 0.0)
    if seconds > SCHEDULER_SECONDS:
        sentence = f"The scheduler last ran on {clock.exact(run.last_at)}: is its process running?"
        return Part("scheduler", "late", sentence, seconds, run.last_at)
    return Part("scheduler", seconds=seconds, at=run.last_at)


@functools.cache
def _newest() -> str | None:
    return ScriptDirectory(str(config.ROOT / "migrations")).get_current_head()
