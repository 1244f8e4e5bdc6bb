"""A database beside the present one: filled and checked in peace, then put in its place at once.

Until then nothing of the present database is touched, and afterwards it is kept under another name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import create_engine
from sqlalchemy.engine import URL

from webapp import backup_files, clock
from webapp.connections import engine_options
from webapp.db import db
from webapp.staged_postgresql import PostgreSQLStage
from webapp.staged_sqlite import SQLiteStage


class Stage(Protocol):
    """Where a backup is restored before it becomes the database."""

    url: URL

    def has_present(self) -> bool:
        """Whether there is a database now."""

    def refuse_used(self) -> None:
        """Raise BackupError while other processes have the present database open."""

    def fill(self, file: Path) -> None:
        """Restore the backup here; raises BackupError if it is damaged."""

    def swap(self, before: str) -> str | None:
        """Make this the database; returns where the one before is kept, if there was one."""

    def drop(self) -> None:
        """Remove it, unless it has become the database."""


@contextmanager
def stage() -> Iterator[Stage]:
    """A stage for the program's database; what is left of it after the block is removed."""
    _let_go()
    url = db.engine.url
    is_file = url.get_backend_name() == "sqlite"
    chosen: Stage = SQLiteStage(url) if is_file else PostgreSQLStage(url)
    try:
        yield chosen
    finally:
        chosen.drop()


@contextmanager
def in_use(url: URL) -> Iterator[None]:
    """Have the program work on another database inside the block."""
    _let_go()
    engines: Any = db.engines
    before = engines[None]
    engines[None] = create_engine(url, **engine_options(url.drivername))
    try:
        yield
    finally:
        _let_go()
        engines[None] = before


def put_in_place(stage: Stage) -> str | None:
    """Make the stage the database; returns where the one before is kept, if there was one."""
    _let_go()
    stage.refuse_used()
    return stage.swap(f"before_{clock.now():%Y%m%dt%H%M%S%fz}")


def _let_go() -> None:
    """Close this process's connections, which others would wait for."""
    db.session.remove()
    db.engine.dispose()


def back_up(target: Path) -> None:
    """Copy the program's database to a new file; raises BackupError."""
    backup_files.make(db.engine.url, target)
