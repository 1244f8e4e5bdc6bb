"""Databases to be copied for a test: migrated, with the cast in them, and never old.

A test says "ten minutes ago" of what the cast did. In a long run, or on a slow machine, a
database that was filled once would make that another moment in each test.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from flask import Flask
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


@dataclass(frozen=True)
class Filled:
    """A database to copy, and what the function that filled it has answered."""

    url: str
    facts: Any


class Template:
    """What a test's database is a copy of."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._apps: dict[str, Flask] = {}
        self._migrated = server.create_database("migrated")
        self._inside(self._migrated, upgrade)
        self._filled: dict[Callable[[], Any], Filled] = {}
        self._until = 0.0

    @contextmanager
    def copy(self, name: str) -> Iterator[str]:
        """The URL of a new database, with a cast that joined within the last minute."""
        with self.copy_after(cast.make, name) as copy:
            yield copy.url

    @contextmanager
    def copy_after(self, fill: Callable[[], Any], name: str) -> Iterator[Filled]:
        """The same after `fill`, which is called once for all copies that are made in a minute."""
        source = self._source(fill)
        url = self._server.create_database(name, source.url)
        yield Filled(url, source.facts)
        self.drop(url)

    def drop(self, url: str) -> None:
        """Drop a copy; one that is gone already is no error."""
        self._server.drop_database(url)

    def _source(self, fill: Callable[[], Any]) -> Filled:
        if time.monotonic() > self._until:
            for old in self._filled.values():
                self._server.drop_database(old.url)
            self._filled = {}
            self._fill(cast.make, self._migrated)
            self._until = time.monotonic() + FRESH
        return self._filled.get(fill) or self._fill(fill, self._filled[cast.make].url)

    def _fill(self, fill: Callable[[], Any], source: str) -> Filled:
        url = self._server.create_database(f"filled_{len(self._filled)}", source)
        self._filled[fill] = Filled(url, self._inside(url, fill))
        return self._filled[fill]

    def _inside(self, url: str, do: Callable[[], Any]) -> Any:
        """Do it in an application over this database; there is one for each URL."""
        if url not in self._apps:
            settings = environment(url, "unix:///nowhere.sock", 25)
            self._apps[url] = create_app(Settings.from_mapping(settings))
        with self._apps[url].app_context():
            facts = do()
            db.session.remove()
            db.engine.dispose()
        return facts
