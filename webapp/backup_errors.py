"""Why a backup could not be made or restored, in words that say what to do."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IN_USE = (
    "The database is in use by {}. Stop all web processes, workers and schedulers, then try again."
)
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class BackupError(Exception):
    """It was not done, and nothing was changed; the text says why and what to do."""


@contextmanager
def explained(path: Path, into: Path | None = None) -> Iterator[None]:
    """Turn what a disk or SQLite says about this file into a BackupError.

    While it is copied `into` another one, that is the one for which there may be no room.
    """
    try:
        yield
    except OSError as error:
        raise BackupError(_of_disk(error, path)) from None
    except sqlite3.Error as error:
        raise BackupError(_of_sqlite(error, path, into or path)) from None


def _of_disk(error: OSError, path: Path) -> str:
    if isinstance(error, FileExistsError):
        return f"{path} exists already. Choose another name, or move it away."
    if isinstance(error, FileNotFoundError):
        return f"{path} cannot be opened: there is no such file or folder."
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return f"{path} cannot be opened or written by this user. Check who owns it and its folder."
    if error.errno in NO_ROOM:
        return f"There is no room for {path}. Free some space, or choose another disk."
    return f"{path}: {error.strerror or type(error).__name__}."


def _of_sqlite(error: sqlite3.Error, path: Path, into: Path) -> str:
    code = getattr(error, "sqlite_errorcode", 0)
    primary = code & 0xFF  # without its extension
    if primary == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_WRITE:
        return f"There is no room for {into}. Free some space, or choose another disk."
    if primary in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return f"{path} is damaged, or is not an SQLite database."
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"{path} is in use by another program. Stop all processes of Gatehouse first."
    if primary in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY):
        return f"{path} cannot be opened or written by this user. Check who owns it and its folder."
    return f"{path}: {error}."
