"""An SQLite file beside the present one, which takes its place by a rename."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL

from webapp import backup_files
from webapp.backup_errors import IN_USE, BackupError, explained
from webapp.connections import file_of


class SQLiteStage:
    """A file beside the present one, which is replaced by a rename."""

    def __init__(self, url: URL) -> None:
        path = file_of(url.database)
        if path is None:
            raise BackupError("The database is not a file, so it cannot be replaced.")
        self._present = path
        self._draft = path.with_name(f"{path.name}.restoring")
        self.url = url.set(database=str(self._draft))

    def has_present(self) -> bool:
        """Whether there is a file with anything in it."""
        with explained(self._present):
            return self._present.exists() and self._present.stat().st_size > 0

    def refuse_used(self) -> None:
        """Raise BackupError while others have the file open; its log is merged into it."""
        if not self.has_present():
            return
        # SQLite gives up its write-ahead log only for a connection that is alone.
        try:
            with closing(sqlite3.connect(self._present, timeout=1)) as own:
                own.execute("PRAGMA journal_mode=DELETE").fetchall()
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise BackupError(IN_USE.format("another process")) from None
            # It cannot be opened at all, so nobody uses it.

    def fill(self, file: Path) -> None:
        """Copy the backup here; raises BackupError if a page is damaged."""
        self.drop()
        with explained(self._draft):
            os.close(os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        backup_files.copy(file, self._draft)

    def swap(self, before: str) -> str | None:
        """Rename both files; at every moment one of the two has the database's name."""
        kept = self._present.with_name(f"{self._present.name}.{before}")
        had_present = self.has_present()
        with explained(self._present):
            self._give_to_owner(self._present if had_present else self._present.parent)
            backup_files.sync(self._draft)
            if had_present:
                backup_files.give_name(self._present, kept)
                for end in ("-wal", "-shm"):  # of a file that SQLite could not open
                    beside = Path(f"{self._present}{end}")
                    if beside.exists():
                        beside.rename(f"{kept}{end}")
            self._draft.replace(self._present)
            backup_files.sync(self._present.parent)
        return str(kept) if had_present else None

    def _give_to_owner(self, like: Path) -> None:
        """Root restores for the user whose processes have to open the file."""
        owner = like.stat()
        if owner.st_uid != os.geteuid() and os.geteuid() == 0:
            os.chown(self._draft, owner.st_uid, owner.st_gid)

    def drop(self) -> None:
        """Remove the file and those that SQLite made beside it."""
        for end in ("", "-wal", "-shm", "-journal", "-writer"):
            Path(f"{self._draft}{end}").unlink(missing_ok=True)
