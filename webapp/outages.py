"""Why a database or a disk refuses to work for reasons outside the program.

Such an outage ends by itself or when the operator steps in, so the caller may try again.
"""

from __future__ import annotations

import enum
import errno
import sqlite3
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, TimeoutError
from sqlalchemy.orm.exc import ObjectDeletedError

from webapp.connections import writing
from webapp.db import db
from webapp.sqlite_write_lock import write_lock

FULL_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
AWAY_CODES = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL}
# PostgreSQL's codes (its appendix A) for: lock not available, serialization failure, deadlock,
# too many connections, and a statement or transaction that took too long.
BUSY_STATES = ("55P03", "40001", "40P01", "53300", "57014", "25P03", "25P04")
FULL_STATES = ("53100", "53200", "53000", "53400")
# A failed or closed connection, a server that is starting or stopping, a failing disk.
AWAY_STATES = ("08", "57P", "58")

# More than fits in 64 kB, so that PostgreSQL needs half a megabyte of disk for it.
SPILLED = "SELECT count(*) FROM generate_series(1, 30000)"


class Outage(enum.Enum):
    """What kind of outage it is, in a word."""

    BUSY = "busy"
    FULL = "full"
    READ_ONLY = "read-only"
    AWAY = "away"


def of(error: BaseException) -> Outage | None:
    """The outage behind an error; None when the program itself is at fault."""
    if isinstance(error, TimeoutError):
        return Outage.BUSY  # all connections of this process are in use
    if isinstance(error, OSError):  # of the folder for temporary files, which holds uploads
        return Outage.FULL if error.errno in FULL_ERRORS else None
    if not isinstance(error, DBAPIError):
        return None
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(error.orig)
    if isinstance(error.orig, psycopg.Error):
        return _of_postgresql(error.orig, error.connection_invalidated)
    return None


def _of_sqlite(error: sqlite3.Error) -> Outage | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code, without its extension
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
    # A server that was never reached gave no code.
    lost = is_lost or (not state and isinstance(error, psycopg.OperationalError))
    return Outage.AWAY if lost or state.startswith(AWAY_STATES) else None


def of_writing(seconds: float) -> Outage | None:
    """The outage that prevents writing, tried for at most `seconds`; leaves nothing behind.

    On SQLite more is written than a small cache holds, and rolled back: otherwise the pages would
    stay in memory until a commit, and a full disk would go unnoticed. PostgreSQL is made to write
    a temporary file, which it keeps beside the tables.
    """
    engine = db.engine
    options = writing(engine.dialect)
    try:
        with (
            write_lock(engine, seconds),
            engine.connect().execution_options(**options) as connection,
        ):
            if engine.dialect.name != "sqlite":
                read_only = connection.exec_driver_sql("SHOW transaction_read_only").scalar()
                if read_only == "on":
                    return Outage.READ_ONLY
                connection.exec_driver_sql("SET LOCAL work_mem = '64kB'")
                connection.exec_driver_sql(SPILLED)
                return None
            driver: Any = connection.connection.driver_connection
            driver.execute(f"PRAGMA busy_timeout={seconds * 1000:.0f}")
            driver.execute("PRAGMA cache_size=1")
            connection.detach()  # so that no other user of the pool gets this small cache
            connection.exec_driver_sql("CREATE TABLE room_to_write (pages BLOB)")
            connection.exec_driver_sql("INSERT INTO room_to_write VALUES (zeroblob(65536))")
            connection.rollback()
    except SQLAlchemyError as error:
        return of(error) or Outage.AWAY
    return None


def is_of_deleted(error: Exception) -> bool:
    """Whether somebody deleted the row after it was found, and before anything was done to it."""
    return isinstance(error, ObjectDeletedError)
