"""PostgreSQL's own pg_dump and pg_restore: found on PATH, and run without a password in sight."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL

from webapp import poolers
from webapp.backup_errors import BackupError

# Every user of the machine can read a command line.
_SECRET = {"password", "sslpassword"}
CONNECT_SECONDS = 10
POOLED = (
    "DATABASE_URL leads to a pooler. Set it to the server itself for this command: pg_dump and "
    "pg_restore change settings of their connection, which others would get after them."
)
WORDS_MOST = 300  # characters shown of what a program says


def conninfo(url: URL, database: str | None = None) -> str:
    """The address of a database for libpq, without its password."""
    options = {name: value for name, value in _options(url).items() if name not in _SECRET}
    return make_conninfo(**(options | ({"dbname": database} if database else {})))


def connect(url: URL, database: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
    """A connection in autocommit to the database, or to another one of its server.

    Raises BackupError at a pooler.
    """
    options = {"connect_timeout": str(CONNECT_SECONDS), **_options(url)}
    address = make_conninfo(**(options | ({"dbname": database} if database else {})))
    connection = psycopg.connect(address, autocommit=True)
    if poolers.look(connection):
        connection.close()
        raise BackupError(POOLED)
    return connection


def run(program: str, url: URL, *words: str, database: str | None = None) -> str:
    """Run the program on a database and return what it wrote; raises BackupError.

    Refuses a program that is missing, or of an older major version than the server.
    """
    path = _found(program)
    with explained(), connect(url, database) as connection:
        server = connection.info.server_version // 10_000
    own = _major(path)
    if own < server:
        raise BackupError(
            f"{program} is of PostgreSQL {own}, but the server is {server}. Install "
            f"postgresql-client-{server}, or put its folder first in PATH."
        )
    return _said(path, [*words, f"--dbname={conninfo(url, database)}"], _password(url))


def contents(file: str) -> str:
    """The table of contents of a dump; raises BackupError if the file is damaged or foreign."""
    return _said(_found("pg_restore"), ["--list", file], None)


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise BackupError(
            f"{program} is not on PATH. Install PostgreSQL's client programs (on Debian: "
            "postgresql-client), of the server's major version or newer."
        )
    return path


def _major(path: str) -> int:
    version = re.search(r"\(PostgreSQL\) (\d+)", _said(path, ["--version"], None))
    return int(version[1]) if version else 0


def _said(path: str, words: list[str], password: str | None) -> str:
    secret = {"PGPASSWORD": password} if password else {}
    done = subprocess.run(
        [path, *words],
        env={**os.environ, **secret},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        said = " ".join(done.stderr.split())[:WORDS_MOST]
        if done.returncode < 0:
            said = f"it was ended by {signal.Signals(-done.returncode).name}. {said}"
        raise BackupError(f"{os.path.basename(path)} did not succeed: {said}")
    return done.stdout


def _options(url: URL) -> dict[str, str]:
    _, options = url.get_dialect()().create_connect_args(url)
    return {name: str(value) for name, value in options.items() if name != "context"}


def _password(url: URL) -> str | None:
    return _options(url).get("password")


@contextmanager
def explained() -> Iterator[None]:
    """Turn what the server says about a connection into a BackupError."""
    try:
        yield
    except psycopg.Error as error:
        said = " ".join(str(error).split())[:WORDS_MOST]
        raise BackupError(f"PostgreSQL says: {said}") from None
