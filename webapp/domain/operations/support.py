"""One text about an installation for a report: no secret, no address, nobody's name."""

from __future__ import annotations

import dataclasses
import platform
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock, config, queue
from webapp.config import Settings
from webapp.db import db
from webapp.domain.deliverability import health
from webapp.domain.operations import doctor, job_runs, schema
from webapp.models import (
    ApiKey,
    BulkImport,
    Delivery,
    Event,
    Invitation,
    Membership,
    Organization,
    Restore,
    Session,
    Suppression,
    User,
    WebhookEndpoint,
)

PACKAGES = ("Flask", "SQLAlchemy", "alembic", "psycopg", "redis", "rq", "gunicorn", "cryptography")
# Settings whose values say nothing about people, machines or secrets. All others are only set or
# not set, so that a new setting is safe until somebody decides otherwise.
SHOWN = frozenset(
    {
        *("gatehouse_env", "port", "trusted_proxies", "log_format", "ratelimit_enabled"),
        *("mail_port", "mail_use_tls", "mail_use_ssl", "mail_rate_per_minute"),
        *("invitation_expiry_days", "allow_internal_email_domains", "webhook_loopback"),
        *("invitations_per_admin_per_day", "invitations_per_org_per_day"),
        *("password_min_length", "session_days", "session_idle_days", "csp_reports"),
        *("database_pool_size", "otel_traces_sampler_arg"),
    }
)
# What a restored database needs and no backup has.
KEPT_APART = (
    *("secret_key", "secret_key_fallbacks", "mail_password", "resend_api_key"),
    *("resend_webhook_secret", "metrics_token"),
)
COUNTED: tuple[tuple[str, Any, Any], ...] = (
    ("members by role", Membership, Membership.role),
    ("members by status", Membership, Membership.status),
    ("invitations", Invitation, Invitation.state),
    ("mails by state", Delivery, Delivery.state),
    ("mails by kind", Delivery, Delivery.kind),
    ("mails that came back", Delivery, Delivery.cause),
    ("suppressions", Suppression, Suppression.reason),
    ("lists", BulkImport, BulkImport.state),
    ("webhooks", WebhookEndpoint, WebhookEndpoint.state),
)
TOTALS = (Organization, User, Session, ApiKey, Event, Restore)


def kept_apart() -> list[str]:
    """The names of settings that are set, and that a backup does not contain."""
    present = config.current()
    return [name.upper() for name in KEPT_APART if getattr(present, name)]


def lines(program: str) -> Iterator[str]:
    """The text, line by line; `program` is our version. Parts that do not answer are left out."""
    yield f"Gatehouse {program}, {clock.now():%Y-%m-%d %H:%M} UTC"
    yield from _section("versions", _versions())
    yield from _section("parts", ((part.name, part.word) for part in doctor.examine()))
    yield from _section("settings", _settings(config.current()))
    for title, rows in (
        ("rows", _totals),
        ("rows by state", _counts),
        ("mail health", _mail),
        ("jobs", _jobs),
    ):
        try:
            yield from _section(title, list(rows()))
        except SQLAlchemyError as error:
            db.session.rollback()
            yield from _section(title, [("not known", type(error).__name__)])


def _section(title: str, rows: Iterable[tuple[str, object]]) -> Iterator[str]:
    yield f"\n{title}"
    yield from (f"  {name}: {value}" for name, value in rows)


def _versions() -> Iterator[tuple[str, object]]:
    yield "Python", sys.version.split()[0]
    yield "system", f"{platform.system()} {platform.machine()}"
    yield "database", _database()
    yield "Redis", _redis()
    yield "migration", f"{schema.present()} (this program: {schema.newest()})"
    yield from ((name, version(name)) for name in PACKAGES)


def _database() -> str:
    if db.engine.dialect.name == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    try:
        return f"PostgreSQL {db.session.scalar(text('SHOW server_version'))}"
    except SQLAlchemyError:
        db.session.rollback()
        return "PostgreSQL, away"


def _redis() -> str:
    try:
        connection = queue.connect(config.current().redis_url, queue.CHECK_SECONDS)
        return str(connection.info("server")["redis_version"])
    except (RedisError, OSError):
        return "away"


def _settings(present: Settings) -> Iterator[tuple[str, object]]:
    for field in dataclasses.fields(Settings):
        value = getattr(present, field.name)
        is_shown = field.name in SHOWN
        is_set = value not in ("", (), None)
        yield field.name.upper(), value if is_shown else "set" if is_set else "not set"


def _totals() -> Iterator[tuple[str, object]]:
    for model in TOTALS:
        yield model.__tablename__, db.session.scalar(select(func.count()).select_from(model))


def _counts() -> Iterator[tuple[str, object]]:
    for title, model, column in COUNTED:
        counted = select(column, func.count()).select_from(model).where(column.is_not(None))
        rows = db.session.execute(counted.group_by(column).order_by(column)).all()
        yield title, ", ".join(f"{number} {word}" for word, number in rows) or "none"


def _mail() -> Iterator[tuple[str, object]]:
    totals = health.totals()
    yield from ((f"{whose}, {state}", number) for whose, state, number in totals.counts)
    for whose, moment in totals.due_since.items():
        yield f"{whose}, due since", clock.exact(moment)


def _jobs() -> Iterator[tuple[str, object]]:
    for run in job_runs.everything():
        last = f"last {clock.exact(run.last_at)}, {run.last_seconds:.1f} s"
        yield run.name, f"{run.runs} runs, {run.failures} failures, {last}"
