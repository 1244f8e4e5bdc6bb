"""Reads that may be a little behind: they ask the read replica, if there is one.

DATABASE_READ_URL names it. Whatever it cannot answer is asked of the primary: it may be away, too
far behind for this version's tables, or have cancelled a statement that held up its replay.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.orm import Session

from webapp import config, outages
from webapp.connections import engine_options
from webapp.db import db
from webapp.outages import Outage

P = ParamSpec("P")
T = TypeVar("T")

BIND = "replica"  # Flask-SQLAlchemy's name of the second engine
REST_SECONDS = 30.0  # after a failure, before it is asked again
# A replica that has nothing more to replay is up to date, however old the last change is.
_LAG = """
SELECT CASE WHEN NOT pg_is_in_recovery() THEN NULL
    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
    ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0) END
"""
_RESTING = "gatehouse_replica_rests_until"

log = logging.getLogger("gatehouse.replicas")


def binds(url: str, pool_size: int) -> dict[str, dict[str, Any]]:
    """The engine of the replica at this URL, for Flask-SQLAlchemy; none if the URL is empty.

    Everything in it is read in one transaction, so that the figures of a page fit together, and
    the server itself refuses writes, also when the URL is the primary's by mistake.
    """
    if not url:
        return {}
    one_snapshot = {
        "isolation_level": "REPEATABLE READ",
        "execution_options": {"postgresql_readonly": True},
    }
    return {BIND: {"url": url, **engine_options(url, pool_size), **one_snapshot}}


def is_set() -> bool:
    """Whether this installation has a replica."""
    return bool(config.current().database_read_url)


def read(function: Callable[P, T]) -> Callable[P, T]:
    """Make a function one read of the replica, or of the primary if the replica cannot answer.

    It must only read, and return values instead of objects of the session. Inside a transaction it
    reads what that sees.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if not is_set() or _is_inside_another() or _rests():
            return function(*args, **kwargs)
        try:
            result = _on_replica(functools.partial(function, *args, **kwargs))
        except (DBAPIError, TimeoutError) as error:
            if outages.of(error) is Outage.READ_ONLY:
                raise  # it wants to write
            _rest(error)
            return function(*args, **kwargs)
        _wake()
        return result

    return run


def lag() -> float | None:
    """How many seconds the replica is behind; None if its server is none.

    Raises SQLAlchemyError when it does not answer.
    """
    with db.engines[BIND].connect() as connection:
        seconds = connection.scalar(text(_LAG))
    return None if seconds is None else float(seconds)


def _is_inside_another() -> bool:
    """Whether a transaction or another read has begun."""
    return bool({"after_commit", BIND} & db.session().info.keys())


def _on_replica(function: Callable[[], T]) -> T:
    """Call it while `db.session` is a session of the replica."""
    own = db.session()
    with Session(db.engines[BIND], autoflush=False, info={BIND: True}) as session:
        db.session.registry.set(session)  # type: ignore[arg-type]
        try:
            return function()
        finally:
            db.session.registry.set(own)


def _rests() -> bool:
    until: float = current_app.extensions.get(_RESTING, 0.0)
    return time.monotonic() < until


def _rest(error: Exception) -> None:
    if _RESTING not in current_app.extensions:
        outage = outages.of(error)
        word = outage.value if outage else type(error).__name__
        log.warning("the read replica is not used (%s): reports read the primary", word)
    current_app.extensions[_RESTING] = time.monotonic() + REST_SECONDS


def _wake() -> None:
    if current_app.extensions.pop(_RESTING, None):
        log.info("the read replica is used again")
