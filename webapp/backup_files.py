"""A copy of the whole database in one file: made while others write, complete or not there."""

from __future__ import annotations

import errno
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import URL

from webapp import postgres_programs
from webapp.backup_errors import BackupError, explained
from webapp.connections import BUSY_MS, file_of

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_BEGINNINGS = {b"SQLite format 3\0": SQLITE, b"PGDMP": POSTGRESQL}
# File systems that have no second names for a file.
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
TABLE = "alembic_version"  # every database of ours has it


def make(url: URL, target: Path) -> None:
    """Copy the database to a new file that only its owner can read; raises BackupError.

    SQLite by its online backup, PostgreSQL by pg_dump in its custom format: both copy one moment
    and stop no writer.
    """
    with _new_file(target) as draft:
        if url.get_backend_name() == SQLITE:
            _copy_live_file(url, draft, target)
        else:
            words = ("--format=custom", "--no-owner", "--no-privileges", f"--file={draft}")
            postgres_programs.run("pg_dump", url, *words, f"--lock-wait-timeout={BUSY_MS}")


def refuse_foreign(file: Path, url: URL) -> None:
    """Refuse a file that is no backup of ours, or is of the other kind of database."""
    with explained(file), file.open("rb") as opened:
        start = opened.read(16)
    kind = next((kind for sign, kind in _BEGINNINGS.items() if start.startswith(sign)), None)
    if kind is None:
        raise BackupError(f"{file} is not a backup: it is neither an SQLite file nor a dump.")
    if kind != url.get_backend_name():
        raise BackupError(
            f"{file} is a backup of {_NAMES[kind]}, but DATABASE_URL names a database of "
            f"{_NAMES[url.get_backend_name()]}."
        )
    if kind == POSTGRESQL and TABLE not in postgres_programs.contents(str(file)):
        raise BackupError(f"{file} is not a backup of Gatehouse: it has no table {TABLE}.")


def copy(source: Path, draft: Path) -> None:
    """Copy an SQLite backup to an empty file and check every page; raises BackupError."""
    with explained(source, into=draft), closing(_opened(source, "ro")) as backup:
        if not backup.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (TABLE,)).fetchone():
            raise BackupError(f"{source} is not a backup of Gatehouse: it has no table {TABLE}.")
        _copy(backup, draft, source)


def sync(path: Path) -> None:
    """Have the disk keep a file or folder as it is now."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


_NAMES = {SQLITE: "SQLite", POSTGRESQL: "PostgreSQL"}


@contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """An empty file beside the target; it takes the target's name once the block is done."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    with explained(target):
        if target.exists():
            raise FileExistsError
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield draft
        with explained(target):
            sync(draft)
            give_name(draft, target)
            sync(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def give_name(file: Path, name: Path) -> None:
    """Give the file this name; FileExistsError when another program has taken it meanwhile.

    Where a file can have two names it keeps the one it had.
    """
    try:
        os.link(file, name)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        file.rename(name)


def _copy_live_file(url: URL, draft: Path, target: Path) -> None:
    path = file_of(url.database)
    if path is None:
        raise BackupError("The database is not a file, so there is nothing to copy.")
    with explained(path, into=target), closing(_opened(path, "rw")) as live:
        live.execute("SELECT 1 FROM sqlite_master").fetchone()  # the copy itself waits for ever
        _copy(live, draft, path)


def _copy(source: sqlite3.Connection, draft: Path, origin: Path) -> None:
    with closing(_opened(draft, "rw")) as copied:
        source.backup(copied)
        copied.execute("PRAGMA journal_mode=DELETE")  # one file, which needs no other beside it
        found = copied.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise BackupError(f"{origin} is damaged: {found}.")


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    name = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(name, uri=True, timeout=BUSY_MS / 1000)
