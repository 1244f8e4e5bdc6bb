"""Applications to test, made anew only where the last one had other settings.

To make one takes longer than most tests of the domain take in all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache

from webapp import create_app
from webapp.config import Settings
from webapp.db import db
from webapp.web import limits


class Applications:
    """The applications of a test process; `templates` keeps what Jinja compiled for all of them."""

    def __init__(self, templates: BytecodeCache) -> None:
        self._templates = templates
        self._last: Flask | None = None
        self._settings: dict[str, str] = {}
        self._extensions: dict[str, Any] = {}

    @contextmanager
    def of_a_test(self) -> Iterator[Callable[[dict[str, str]], Flask]]:
        """A maker of applications; each is another one, and all are put away at the end."""
        used: list[Flask] = []

        def make(settings: dict[str, str]) -> Flask:
            # One limiter serves all applications of a process; it follows the one made last, and
            # only that one can be used again.
            if self._last is None or self._last in used or settings != self._settings:
                self._last = create_app(Settings.from_mapping(settings))
                self._last.jinja_env.bytecode_cache = self._templates
                self._settings, self._extensions = settings, dict(self._last.extensions)
            _forget_dead_redis()
            used.append(self._last)
            return self._last

        yield make
        for app in used:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
        if self._last in used:
            self._last.extensions.clear()
            self._last.extensions.update(self._extensions)


def _forget_dead_redis() -> None:
    """Let the limiter know nothing of a Redis that was away in an earlier test."""
    limiter: Any = limits.limiter
    limiter._storage_dead = False
    limiter._fallback_storage.reset()
    limiter._storage.storage.connection_pool.disconnect()
