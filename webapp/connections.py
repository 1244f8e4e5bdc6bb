"""How connections to both databases begin, and who may read SQLite's files."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect, Engine

WRITES = "gatehouse_writes"
BUSY_MS = 15_000  # how long a writer waits for another, on both databases
CONNECT_SECONDS = 10


@event.listens_for(Engine, "do_connect")
def _make_private(dialect: Dialect, _record: Any, address: Any, _more: Any) -> None:
    """A new database is its owner's alone; SQLite gives its other files the same mode."""
    path = file_of(address[0]) if dialect.name == "sqlite" and address else None
    if path is not None:
        # Where it is there already, or cannot be, its mode is the operator's business.
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # The driver's own idea of transactions begins them too late; see `_begin_sqlite`.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is overwritten with zeros
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "connect")
def _prepare_postgresql(connection: Any, _record: Any) -> None:
    if not isinstance(connection, psycopg.Connection):
        return
    # PostgreSQL itself would wait for another's lock for ever.
    before, connection.autocommit = connection.autocommit, True
    connection.execute(f"SET lock_timeout = {BUSY_MS}")
    connection.autocommit = before


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    # A deferred transaction that reads and then writes fails at once with "database is
    # locked", whatever the timeout; a writer says so from the start and waits its turn.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def engine_options(url: str) -> dict[str, Any]:
    """How connections begin: on PostgreSQL each statement of a reader stands for itself.

    A transaction around them would see no more (READ COMMITTED), cost two trips to the server, and
    make the driver forget, at its ROLLBACK, the statements that it had prepared.
    """
    # An error's text would show what was written: names, digests, secrets of links.
    options: dict[str, Any] = {"hide_parameters": True}
    if not url.startswith("sqlite"):
        options["isolation_level"] = "AUTOCOMMIT"
        # A server that does not answer would be waited for as long as the network likes.
        options["connect_args"] = {"connect_timeout": CONNECT_SECONDS}
    return options


def writing(dialect: Dialect) -> dict[str, Any]:
    """The execution options of a connection that writes: one transaction, or none of it."""
    if dialect.name == "sqlite":
        return {WRITES: True}
    return {WRITES: True, "isolation_level": "READ COMMITTED"}


def file_of(name: str | None) -> Path | None:
    """The file of a database by its name; None for one in memory or with a URI of its own."""
    plain = name and name != ":memory:" and not name.startswith("file:")
    return Path(str(name)) if plain else None


def read_by_others(path: Path) -> list[str]:
    """Which of the database's files other users of this machine can read."""
    if not all(_lets_others_in(folder) for folder in path.absolute().parents):
        return []
    files = [path, *(Path(f"{path}{end}") for end in ("-wal", "-shm", "-journal"))]
    return [str(file) for file in files if _mode(file) & (stat.S_IROTH | stat.S_IWOTH)]


def _lets_others_in(folder: Path) -> bool:
    return bool(_mode(folder) & stat.S_IXOTH)


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0
