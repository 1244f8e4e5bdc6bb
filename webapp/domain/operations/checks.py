"""Whether the parts of Gatehouse work, for the operator: a word and a sentence for each."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock, config, outages, queue
from webapp.db import db
from webapp.domain.deliverability import refusals
from webapp.domain.deliverability.refusals import RefusedMail
from webapp.domain.operations import job_runs, schema
from webapp.models import Delivery, JobRun, MailHold, Organization
from webapp.models.delivery import WAITING
from webapp.outages import Outage

OK = "ok"
AWAY = Outage.AWAY.value
NEEDED = {("database", AWAY), ("migrations", "behind")}  # no page works then
WRITE_SECONDS = 0.5  # to wait for another writer
ASKED_EVERY = 1.0  # seconds; anybody may ask, and asking writes
CANNOT_WRITE = {
    Outage.BUSY: "Another program is blocking writes to the database. Look for a program that has "
    "it open, or for a transaction that does not end.",
    Outage.FULL: "The disk is full, so nothing can be written to the database. Pages can be read, "
    "but nobody can sign in, accept or invite. Free some space; Gatehouse recovers on its own.",
    Outage.READ_ONLY: "The database is read-only. Check DATABASE_URL and who owns the file.",
    Outage.AWAY: "The database does not respond. Check DATABASE_URL.",
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


NO_QUEUE = Part("queue", "unknown", "The queue is in Redis, which does not respond.")


def parts() -> list[Part]:
    """All parts; never raises, and waits only briefly for Redis."""
    checked = [database()]
    if checked[0].word != AWAY:
        checked.append(migrations())
    behind = len(checked) == 1 or checked[1].word == "behind"
    checked.append(redis())
    checked.append(waiting_jobs() if checked[-1].is_ok else NO_QUEUE)
    unknown = "This cannot be checked until the database works."
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
    newest, present = schema.newest(), schema.present()
    if present == newest:
        return Part("migrations")
    if present and not schema.is_known(present):
        # As during an upgrade: this release works on the database of the next one.
        sentence = (
            "The database belongs to a newer version. Restart this process with that version."
        )
        return Part("migrations", "newer", sentence)
    sentence = f"The database is at version {present or 'none'}, this program needs {newest}:"
    return Part("migrations", "behind", f"{sentence} run `flask --app wsgi db upgrade`.")


def redis() -> Part:
    """Whether it answers. Without it all works, but slower and with less exact counts."""
    try:
        queue.connect(config.current().redis_url, queue.CHECK_SECONDS).ping()
    except (RedisError, OSError):
        return Part(
            "redis",
            "away",
            "Redis does not respond. Pages still work, the scheduler sends mail, and each process "
            "counts sign-in attempts on its own.",
        )
    return Part("redis")


def waiting_jobs() -> Part:
    """Whether a worker takes the jobs."""
    try:
        count, seconds = queue.waiting(config.current().redis_url)
    except (RedisError, OSError):
        return NO_QUEUE
    if seconds > QUEUE_SECONDS:
        sentence = f"{count} jobs are waiting, the first for {seconds:.0f} s. Is a worker running?"
        return Part("queue", "late", sentence, seconds)
    return Part("queue", seconds=seconds)


def outbox() -> Part:
    """Whether mail leaves and is taken: none is overdue, nobody refuses our sign-in or our mail."""
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
        sentence = f"The mail server has refused our sign-in since {moment}. All mail is waiting."
        return Part("mail", "held", sentence, seconds, since)
    if seconds > LATE.total_seconds():
        moment = clock.exact(since)  # type: ignore[arg-type]
        sentence = f"A mail has been due since {moment}. Are a worker and the scheduler running?"
        return Part("mail", "late", sentence, seconds, since)
    if refused := refusals.lately():
        return Part("mail", "refused", _refused(refused), seconds, since)
    return Part("mail", seconds=seconds, at=since)


def _refused(refused: list[RefusedMail]) -> str:
    """Who refuses our mail most, and what to do; how many others there are."""
    worst, others = refused[0], len(refused) - 1
    fault = ", ".join(filter(None, (worst.code, worst.words)))
    mails = "1 mail" if worst.number == 1 else f"{worst.number} mails"
    return (
        f"{worst.receiver or 'A mail server'} refuses our mail: {fault}; {mails} since "
        f"{clock.exact(worst.since)}. {worst.remedy}"
        + (f" Refusals of other kinds or by others: {others}; see mail health." if others else "")
    )


def scheduler() -> Part:
    """Whether it has started something lately."""
    run = db.session.get(JobRun, job_runs.SCHEDULER)
    if run is None:
        return Part("scheduler", "never", "The scheduler has never run. Start its process.")
    seconds = max((clock.now() - run.last_at).total_seconds(), 0.0)
    if seconds > SCHEDULER_SECONDS:
        sentence = f"The scheduler last ran on {clock.exact(run.last_at)}. Is its process running?"
        return Part("scheduler", "late", sentence, seconds, run.last_at)
    return Part("scheduler", seconds=seconds, at=run.last_at)
