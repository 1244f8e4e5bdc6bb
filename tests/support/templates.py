"""Databases to be copied for a test: migrated, with the cast in them, and never old.

A test says "ten minutes ago" of what the cast did. In a long run, or on a slow machine, a
database that was filled once would make that another moment in each test.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from flask_migrate import upgrade

from tests import cast
from tests.support.settings import environment
from webapp import create_app
from webapp.config import Settings
from webapp.db import db

FRESH = 60  # seconds


class Template:
    """What a test's database is a copy of."""

    def __init__(self, new: Callable[[str | None], str]) -> None:
        """`new` makes a database and gives its URL: a copy of the one at a URL, or an empty one."""
        self._new = new
        self._migrated = new(None)
        _inside(self._migrated, upgrade)
        self._filled, self._until = "", 0.0

    def copy(self) -> str:
        """The URL of a new database, with a cast that joined within the last minute."""
        if time.monotonic() > self._until:
            self._filled = self._new(self._migrated)
            _inside(self._filled, cast.make)
            self._until = time.monotonic() + FRESH
        return self._new(self._filled)


def _inside(url: str, do: Callable[[], object]) -> None:
    app = create_app(Settings.from_mapping(environment(url, "unix:///nowhere.sock", 25)))
    with app.app_context():
        do()
        db.session.remove()
        db.engine.dispose()
