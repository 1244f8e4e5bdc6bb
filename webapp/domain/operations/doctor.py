"""What is wrong with this installation, part by part."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock, config, connections, queue, smtp
from webapp.db import db
from webapp.domain import outbox
from webapp.domain.members import admin_alarms
from webapp.domain.operations import checks, database_ways, web_check
from webapp.domain.operations.checks import Part
from webapp.domain.outbox import provider_events

SMTP_SECONDS = 10.0
DRIFT_SECONDS = 5.0  # codes of second factors last 30
UNMATCHED = (
    "bounces and complaints from Resend named no mail of ours. If this number grows, addresses "
    "that bounce are not marked here: look for them at Resend."
)
NO_PROXIES = (
    "PUBLIC_URL is https but TRUSTED_PROXIES is not set, so everyone seems to come from the "
    "proxy's address, and one person's wrong passwords can lock everyone out. Set "
    "TRUSTED_PROXIES to the number of proxies in front (usually 1), or to 0 if there are none."
)


def examine() -> list[Part]:
    """Every part; never raises. What only matters once all processes run comes last."""
    parts = {part.name: part for part in checks.parts()}
    database = parts["database"]
    unknown = Part("migrations", "unknown", "This cannot be checked without the database.")
    return [
        settings(),
        proxies(),
        *web_check.parts(),
        _with_ways(database),
        files(),
        parts.get("migrations", unknown),
        parts["redis"],
        mail_server(),
        clocks(database.word != checks.AWAY),
        _with_provider(parts["mail"]),
        admins(parts.get("migrations", unknown).is_ok),
        parts["queue"],
        parts["scheduler"],
    ]


def is_wrong(part: Part) -> bool:
    """Whether the part must be fixed; a process that has not run yet need not be."""
    is_process = part.name in ("queue", "scheduler")
    not_yet = part.name in ("web", "public") and part.word == web_check.AWAY
    return not (part.is_ok or is_process or not_yet)


def lines(parts: list[Part]) -> list[str]:
    """A line for each: its name, its word, and its sentence if it has one."""
    return [
        f"{part.name}\t{'' if part.is_ok or is_wrong(part) else 'note: '}{part.word}"
        + (f": {part.sentence}" if part.sentence else "")
        for part in parts
    ]


def settings() -> Part:
    """The main settings; nothing would run if they could not be read."""
    present = config.current()
    return Part("settings", sentence=f"{present.gatehouse_env}, {present.public_url}")


def proxies() -> Part:
    """Whether callers can be told apart: gunicorn speaks no TLS, so https means a proxy."""
    present = config.current()
    if present.lacks_proxies:
        return Part("proxies", "unset", NO_PROXIES)
    return Part("proxies", sentence=f"{present.trusted_proxies or 'none'} in front")


def _with_ways(database: Part) -> Part:
    """The database's part, with how it is reached."""
    return replace(database, sentence=database_ways.sentence()) if database.is_ok else database


def files() -> Part:
    """Whether a database that is a file on this machine can be read by us alone."""
    path = connections.file_of(db.engine.url.database) if _is_sqlite() else None
    if path is None:
        return Part("files", sentence="the database is not a file on this machine")
    open_ones = connections.read_by_others(path)
    if open_ones:
        sentence = "Other users of this machine can read the database. Run: chmod 600"
        return Part("files", "open", f"{sentence} {' '.join(open_ones)}")
    return Part("files", sentence=str(path))


def _is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def mail_server() -> Part:
    """Whether it lets us in, tried as for sending mail, but without sending any."""
    mailer = outbox.configured_mailer()
    why = smtp.greet(mailer.mail, mailer.where, SMTP_SECONDS)
    return Part("smtp", "wrong", why) if why else Part("smtp", sentence=mailer.where)


def _with_provider(mail: Part) -> Part:
    """The mail's part, with what the provider reported that names no mail of ours."""
    if not mail.is_ok:
        return mail
    counts = provider_events.counts()
    unmatched = counts[provider_events.UNMATCHED]
    if not unmatched:
        return mail
    total = unmatched + counts[provider_events.MATCHED]
    return replace(mail, sentence=f"{unmatched} of {total} {UNMATCHED}")


def admins(is_current: bool) -> Part:
    """Whether every organization keeps an admin: ends that would leave none are put off."""
    if not is_current:
        return Part("admins", "unknown", "This cannot be checked until the database works.")
    alarms = admin_alarms.everywhere()
    if not alarms:
        return Part("admins")
    first, others = alarms[0], len(alarms) - 1
    sentence = (
        f"The access of every admin of {first.slug} has an end, the last on "
        f"{clock.exact(first.ends_at)}. It is put off by a week each time. "
        "Give the role of admin to somebody whose access has no end."
        + (f" The same goes for {others} more." if others else "")
    )
    return Part("admins", "ending", sentence)


def clocks(has_database: bool) -> Part:
    """Whether the clocks of this machine, the database and Redis agree."""
    for name, ask in (("the database", _database_time), ("Redis", _redis_time)):
        if name == "the database" and not has_database:
            continue
        other_time = ask()
        if other_time is None:
            continue
        drift = (clock.now() - other_time).total_seconds()
        if abs(drift) > DRIFT_SECONDS:
            way = "ahead of" if drift > 0 else "behind"
            sentence = f"This machine's clock is {abs(drift):.0f} seconds {way} that of {name}."
            return Part("clock", "wrong", sentence)
    return Part("clock", sentence=clock.exact(clock.now()))


def _database_time() -> datetime | None:
    if _is_sqlite():
        return None  # it uses this machine's clock
    try:
        time = db.session.scalar(select(func.clock_timestamp()))
    except SQLAlchemyError:
        db.session.rollback()
        return None
    return time.astimezone(UTC) if isinstance(time, datetime) else None


def _redis_time() -> datetime | None:
    try:
        return queue.told_time(config.current().redis_url)
    except (RedisError, OSError):
        return None
