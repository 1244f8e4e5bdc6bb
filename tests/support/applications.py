"""Applications to test, made anew only for settings that no idle one has.

To make one takes longer than most tests of the domain take in all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache

from webapp import create_app, trace
from webapp.config import Settings
from webapp.db import db
from webapp.web import limits

KEPT = 8


@dataclass(frozen=True, eq=False)
class Made:
    """An application, the settings it was made from, and its extensions before its first use."""

    app: Flask
    settings: dict[str, str]
    extensions: dict[str, Any]


class Applications:
    """The applications of a test process; `templates` keeps what Jinja compiled for all of them."""

    def __init__(self, templates: BytecodeCache) -> None:
        self._templates = templates
        self._idle: list[Made] = []  # the one used last comes last

    @contextmanager
    def of_a_test(self) -> Iterator[Callable[[dict[str, str]], Flask]]:
        """A maker of applications; each is another one, and all are put away at the end."""
        used: list[Made] = []

        def make(settings: dict[str, str]) -> Flask:
            made = self._take(settings) or self._make(settings)
            _lead_process(made.app)
            used.append(made)
            return made.app

        yield make
        for made in used:
            with made.app.app_context():
                db.session.remove()
                for engine in db.engines.values():
                    engine.dispose()
            made.app.extensions.clear()
            made.app.extensions.update(made.extensions)
        self._idle = [*self._idle, *used][-KEPT:]

    def _take(self, settings: dict[str, str]) -> Made | None:
        for made in reversed(self._idle):
            if made.settings == settings:
                self._idle.remove(made)
                return made
        return None

    def _make(self, settings: dict[str, str]) -> Made:
        app = create_app(Settings.from_mapping(settings))
        app.jinja_env.bytecode_cache = self._templates
        return Made(app, dict(settings), dict(app.extensions))


def _lead_process(app: Flask) -> None:
    """What all applications of a process share follows this one, and knows of no earlier test."""
    trace.configure_logging(app.extensions["settings"].log_format)
    limiter: Any = limits.limiter
    if limiter._storage:
        limiter._storage.storage.connection_pool.disconnect()
    limiter.init_app(app)
    limiter._storage_dead = False  # an earlier test's Redis was away
    limiter._fallback_storage.reset()
