"""Whether our parts answer, for the operator."""

from __future__ import annotations

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webapp import config, queue
from webapp.db import db


def parts() -> dict[str, str]:
    """`ok` or `away` by part; never raises, and waits a moment at most for Redis."""
    return {"database": _database(), "redis": _redis()}


def _database() -> str:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "away"
    return "ok"


def _redis() -> str:
    try:
        queue.connect(config.current().redis_url, queue.WAIT_SECONDS).ping()
    except (RedisError, OSError):
        return "away"
    return "ok"
