"""Clearing SQLite's file of what remains of erased values.

Deleting is not overwriting: a full-text index keeps old entries until its segments are merged, the
write-ahead log keeps old pages, and rows that moved between pages can leave copies behind. FTS5's
own `secure-delete` needs SQLite 3.42 and makes files that earlier versions refuse to write; merging
the index works everywhere.
"""

from __future__ import annotations

import logging
import sqlite3
from typing import Any

from webapp.connections import BUSY_MS
from webapp.db import db
from webapp.sqlite_write_lock import write_lock

PIECE = 200  # pages of an index merged at a time, so that others can write in between
SMALL = 256 * 1024 * 1024  # bytes; VACUUM of a larger file would block its writers too long
CHECKPOINT_MS = 2_000  # how long to wait for readers

log = logging.getLogger("gatehouse.sqlite_remains")


def note() -> None:
    """Mark, in the current transaction, that something was erased; `clear` removes the mark."""
    if db.engine.dialect.name == "sqlite":
        connection = db.session.connection()
        mark = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version = {mark % 0x7FFFFFFF + 1}")


def clear() -> bool:
    """Clear the file of erased values; call it outside a transaction.

    False when another connection blocked it, or the disk is full: the mark stays for next time.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    db.session.rollback()  # our own reader would block it
    pooled = db.engine.raw_connection()
    try:
        done = _clear(pooled.driver_connection)
    except sqlite3.OperationalError as error:
        log.warning("erased values are still in the database's file: %s", error)
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
        if _number(connection, "PRAGMA user_version") == mark:  # nothing was erased meanwhile
            connection.execute("PRAGMA user_version = 0")
    return True


def _merge(connection: Any, index: str) -> None:
    """Merge all segments of a full-text index into one, which leaves out deleted entries."""
    command = f"INSERT INTO {index} ({index}, rank) VALUES ('merge', ?)"  # noqa: S608 - our own
    pages = -PIECE  # a negative number begins a full merge, positive ones continue it
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
