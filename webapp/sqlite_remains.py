"""What SQLite's file still holds of values that were taken out, and having it hold them no more.

Deleting is not overwriting: a full-text index keeps old entries until its parts are merged, the
write-ahead log keeps old pages, and what moved between pages can leave a copy behind. FTS5 has an
option of its own (`secure-delete`), which needs SQLite 3.42 and makes a file that earlier ones
refuse to write; merging the index does the same everywhere.
"""

from __future__ import annotations

import logging
import sqlite3
from typing import Any

from webapp.connections import BUSY_MS
from webapp.db import db, write_lock

PIECE = 200  # pages of an index that are merged at once: others write in between
SMALL = 256 * 1024 * 1024  # bytes; copying a larger file would keep its writers waiting too long
CHECKPOINT_MS = 2_000  # how long readers are waited for

log = logging.getLogger("gatehouse.sqlite_remains")


def note() -> None:
    """Mark in the present transaction that something was taken out; kept until it is cleared."""
    if db.engine.dialect.name == "sqlite":
        connection = db.session.connection()
        mark = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version = {mark % 0x7FFFFFFF + 1}")


def clear() -> bool:
    """Clear the file of what was taken out; call it outside a transaction.

    False when somebody was in the way, or the disk is full: the mark stays for the next time.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    db.session.rollback()  # our own reader would be in the way
    pooled = db.engine.raw_connection()
    try:
        done = _clear(pooled.driver_connection)
    except sqlite3.OperationalError as error:
        log.warning("what was taken out is still in the database's file: %s", error)
        done = False
    finally:
        pooled.close()
    return done


def _clear(connection: Any) -> bool:
    mark = _number(connection, "PRAGMA user_version")
    if mark == 0:
        return True
    for (index,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'"
    ).fetchall():
        _merge(connection, index)
    pages = _number(connection, "PRAGMA page_count")
    if pages * _number(connection, "PRAGMA page_size") <= SMALL:
        with write_lock(db.engine):
            connection.execute("VACUUM")
    connection.execute(f"PRAGMA busy_timeout = {CHECKPOINT_MS}")
    is_busy = _number(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    if is_busy:
        return False
    with write_lock(db.engine), connection:
        connection.execute("BEGIN IMMEDIATE")
        if _number(connection, "PRAGMA user_version") == mark:  # nothing was taken out meanwhile
            connection.execute("PRAGMA user_version = 0")
    return True


def _merge(connection: Any, index: str) -> None:
    """Merge all parts of a full-text index into one, in which nothing that is gone has a place."""
    command = f"INSERT INTO {index} ({index}, rank) VALUES ('merge', ?)"  # noqa: S608 - our own
    pages = -PIECE  # a negative number begins the whole merge, positive ones go on with it
    while True:
        before = connection.total_changes
        with write_lock(db.engine), connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(command, (pages,))
        if connection.total_changes - before < 2:
            return
        pages = PIECE


def _number(connection: Any, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])
