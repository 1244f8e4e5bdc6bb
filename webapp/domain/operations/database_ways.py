"""How the database is reached, for the operator: directly or by a pooler, with a replica or not."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webapp import poolers, replicas
from webapp.db import db

ENDLESS = (
    "through a pooler, with readers who wait for a locked table without end (set lock_timeout for "
    "the role: docs/operating/scaling.md)"
)
NO_REPLICA = "DATABASE_READ_URL names no replica but a server that takes writes"
AWAY = "the read replica does not respond, so reports read the primary"


def sentence() -> str:
    """What there is beside a plain connection; empty for that. Never raises."""
    try:
        return "; ".join(filter(None, (_pooler(), _replica())))
    except SQLAlchemyError:
        db.session.rollback()
        return ""


def _pooler() -> str:
    if db.engine.dialect.name != "postgresql" or not poolers.is_pooled(db.session.connection()):
        return ""
    is_endless = db.session.scalar(text("SHOW lock_timeout")) == "0"
    return ENDLESS if is_endless else "through a pooler"


def _replica() -> str:
    if not replicas.is_set():
        return ""
    try:
        seconds = replicas.lag()
    except SQLAlchemyError:
        return AWAY
    return NO_REPLICA if seconds is None else f"reports read a replica, {seconds:.0f} s behind"
