"""How connections to either database are set up, and who may read SQLite's files."""

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

from webapp import poolers, postgresql_silence

WRITES = "gatehouse_writes"
BUSY_MS = 15_000  # how long one writer waits for another, on either database
POOL_SECONDS = 3  # for a connection, when all that this process may have are in use


@event.listens_for(Engine, "do_connect")
def _make_private(dialect: Dialect, _record: Any, address: Any, _more: Any) -> None:
    """Create SQLite's file readable by its owner only; its other files get the same mode."""
    path = file_of(address[0]) if dialect.name == "sqlite" and address else None
    if path is not None:
        # If it exists already, or cannot be made, its mode is up to the operator.
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


@event.listens_for(Engine, "do_connect")
def _connect_watched(dialect: Dialect, _record: Any, args: Any, named: Any) -> Any:
    return postgresql_silence.connect(*args, **named) if dialect.driver == "psycopg" else None


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # The driver itself would begin transactions too late; see `_begin_sqlite`.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "secure_delete=ON",  # overwrite what is deleted with zeros
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "connect")
def _prepare_postgresql(connection: Any, record: Any) -> None:
    if not isinstance(connection, psycopg.Connection):
        return
    before, connection.autocommit = connection.autocommit, True
    record.info[poolers.POOLED] = poolers.look(connection)
    if not record.info[poolers.POOLED]:
        # By default PostgreSQL waits for a lock for ever.
        connection.execute(f"SET lock_timeout = {BUSY_MS}")
    connection.autocommit = before


@event.listens_for(Engine, "begin")
def _begin_pooled(connection: Connection) -> None:
    # A pooler's connection keeps no settings, so each transaction that writes brings its own.
    if poolers.is_pooled(connection) and connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {BUSY_MS}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    # A deferred transaction that reads and then writes fails at once with "database is
    # locked", whatever the timeout; one that begins IMMEDIATE waits.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def engine_options(url: str, pool_size: int = 0) -> dict[str, Any]:
    """Options of the engine: on PostgreSQL readers run in autocommit.

    A transaction around their statements would not isolate them better (READ COMMITTED), cost two
    round trips, and make the driver drop its prepared statements at the ROLLBACK.
    """
    # Otherwise an error's text shows the values: names, digests, secrets of links.
    options: dict[str, Any] = {"hide_parameters": True}
    if not url.startswith("sqlite"):
        options["isolation_level"] = "AUTOCOMMIT"
        # Otherwise a server that does not answer is waited for until the network gives up.
        options["connect_args"] = {"connect_timeout": postgresql_silence.CONNECT_SECONDS}
        # A connection that a restart of the server has cut is noticed before its first statement,
        # so that nobody's page or form fails because of it.
        options["pool_pre_ping"] = True
        options["pool_timeout"] = POOL_SECONDS
        if pool_size:
            options |= {"pool_size": pool_size, "max_overflow": 0}
    return options


def writing(dialect: Dialect) -> dict[str, Any]:
    """The execution options of a connection that writes in one transaction."""
    if dialect.name == "sqlite":
        return {WRITES: True}
    return {WRITES: True, "isolation_level": "READ COMMITTED"}


def file_of(name: str | None) -> Path | None:
    """The file of an SQLite database; None for one in memory or named by a URI."""
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
