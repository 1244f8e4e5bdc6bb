"""Databases to be copied for a test: migrated, with the cast in them, and never old.

A test says "ten minutes ago" of what the cast did. In a long run, or on a slow machine, a
database that was filled once would make that another moment in each test.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from flask_migrate import upgrade

from tests import cast
from tests.support.settings import environment
from webapp import create_app
from webapp.config import Settings
from webapp.db import db

FRESH = 60  # seconds
SQLITE = "sqlite:///"


class Server(Protocol):
    """Where databases are made and dropped."""

    def create_database(self, name: str, template: str | None = None) -> str:
        """A new database's URL: an empty one, or a copy of the one at the URL `template`."""

    def drop_database(self, url: str) -> None:
        """Drop it, with whoever is still connected."""


class SQLiteFiles:
    """Databases that are files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create_database(self, name: str, template: str | None = None) -> str:
        """A new database's URL: an empty one, or a copy of the one at the URL `template`."""
        file = self._folder / f"{name}.db"
        if template:
            shutil.copy(template.removeprefix(SQLITE), file)
        return f"{SQLITE}{file}"

    def drop_database(self, url: str) -> None:
        """Drop it; its write lock stays, as an application may have it open."""
        for end in ("", "-wal", "-shm", "-journal"):
            Path(url.removeprefix(SQLITE) + end).unlink(missing_ok=True)


class Template:
    """What a test's database is a copy of."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._migrated = server.create_database("migrated")
        _inside(self._migrated, upgrade)
        self._filled, self._until = "", 0.0

    @contextmanager
    def copy(self, name: str) -> Iterator[str]:
        """The URL of a new database, with a cast that joined within the last minute."""
        if time.monotonic() > self._until:
            if self._filled:
                self._server.drop_database(self._filled)
            self._filled = self._server.create_database("filled", self._migrated)
            _inside(self._filled, cast.make)
            self._until = time.monotonic() + FRESH
        url = self._server.create_database(name, self._filled)
        yield url
        self.drop(url)

    def drop(self, url: str) -> None:
        """Drop a copy; one that is gone already is no error."""
        self._server.drop_database(url)


def _inside(url: str, do: Callable[[], object]) -> None:
    app = create_app(Settings.from_mapping(environment(url, "unix:///nowhere.sock", 25)))
    with app.app_context():
        do()
        db.session.remove()
        db.engine.dispose()
