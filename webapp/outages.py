"""Why a database does not do what it is asked, where that is no fault of the program's.

It passes, by itself or by the operator's hand: whoever asked may ask again.
"""

from __future__ import annotations

import enum
import sqlite3
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, TimeoutError

from webapp.connections import writing
from webapp.db import db, turn

BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
AWAY_CODES = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL}
# Of PostgreSQL's codes (its appendix A): lock not available, serialization failure, deadlock, too
# many connections, a statement or a transaction that took too long.
BUSY_STATES = ("55P03", "40001", "40P01", "53300", "57014", "25P03", "25P04")
FULL_STATES = ("53100", "53200", "53000", "53400")
# A connection that failed or was ended, a server that starts or stops, a failing disk.
AWAY_STATES = ("08", "57P", "58")


class Outage(enum.Enum):
    """What is the matter, in a word."""

    BUSY = "busy"
    FULL = "full"
    READ_ONLY = "read-only"
    AWAY = "away"


def of(error: BaseException) -> Outage | None:
    """What an error of the database is a sign of; None when it is a fault of the program's."""
    if isinstance(error, TimeoutError):
        return Outage.BUSY  # all connections of this process are in use
    if not isinstance(error, DBAPIError):
        return None
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(error.orig)
    if isinstance(error.orig, psycopg.Error):
        return _of_postgresql(error.orig, error.connection_invalidated)
    return None


def _of_sqlite(error: sqlite3.Error) -> Outage | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without what is said more closely
    if code in BUSY_CODES:
        return Outage.BUSY
    if code == sqlite3.SQLITE_FULL:
        return Outage.FULL
    if code == sqlite3.SQLITE_READONLY:
        return Outage.READ_ONLY
    return Outage.AWAY if code in AWAY_CODES else None


def _of_postgresql(error: psycopg.Error, is_lost: bool) -> Outage | None:
    state = error.sqlstate or ""
    if state in BUSY_STATES:
        return Outage.BUSY
    if state in FULL_STATES:
        return Outage.FULL
    if state == "25006":
        return Outage.READ_ONLY
    # Who never got through to a server was told no code.
    lost = is_lost or (not state and isinstance(error, psycopg.OperationalError))
    return Outage.AWAY if lost or state.startswith(AWAY_STATES) else None


def of_writing(seconds: float) -> Outage | None:
    """What is in the way of writing, tried for so long; leaves nothing behind.

    On SQLite more is written than a small cache holds, and taken back: the pages of a transaction
    stay in memory otherwise until it is committed, and a full disk would not be found out.
    """
    engine = db.engine
    options = writing(engine.dialect)
    try:
        with turn(engine, seconds), engine.connect().execution_options(**options) as connection:
            if engine.dialect.name != "sqlite":
                read_only = connection.exec_driver_sql("SHOW transaction_read_only").scalar()
                return Outage.READ_ONLY if read_only == "on" else None
            driver: Any = connection.connection.driver_connection
            driver.execute(f"PRAGMA busy_timeout={seconds * 1000:.0f}")
            driver.execute("PRAGMA cache_size=1")
            connection.detach()  # nobody else gets one with so small a cache
            connection.exec_driver_sql("CREATE TABLE room_to_write (pages BLOB)")
            connection.exec_driver_sql("INSERT INTO room_to_write VALUES (zeroblob(65536))")
            connection.rollback()
    except SQLAlchemyError as error:
        return of(error) or Outage.AWAY
    return None
