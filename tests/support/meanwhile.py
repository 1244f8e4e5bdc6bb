"""Somebody who acts while a test is in the middle of something else, in an order that is known."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.support.together import outcome_of
from webapp.db import db
from webapp.sqlite_write_lock import WriteLock

WITHIN = 30  # seconds; a test that waits longer has failed
WAITERS = text(
    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE NOT granted AND datname = current_database()"
)


class Queue:
    """Knows when somebody waits for what somebody else holds, on either database."""

    def __init__(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app = app
        self._waits = threading.Event()
        hold = WriteLock.hold

        @contextmanager
        def watched(lock: WriteLock, seconds: float) -> Iterator[None]:
            # The test holds it, and lets go only after it was told of this.
            if lock._threads.locked():
                self._waits.set()
            with hold(lock, seconds):
                yield

        monkeypatch.setattr(WriteLock, "hold", watched)

    def has_waiter(self) -> bool:
        """Whether somebody waits now: for SQLite's one writer, or for a lock of PostgreSQL's."""
        with self.app.app_context():
            if db.engine.dialect.name == "sqlite":
                return self._waits.is_set()
            with db.engine.connect() as connection:
                return bool(connection.scalar(WAITERS))


class Somebody:
    """Does one thing in a thread of their own."""

    def __init__(self, queue: Queue, act: Callable[[], object]) -> None:
        self._queue = queue
        self._outcome = ""
        self._thread = threading.Thread(target=lambda: self._do(act))

    def comes_to(self) -> str:
        """Begin, and go on until `done` or until it `waits` for what the caller holds."""
        self._thread.start()
        until = time.monotonic() + WITHIN
        while time.monotonic() < until:
            self._thread.join(0.005)
            if not self._thread.is_alive():
                return "done"
            if self._queue.has_waiter():
                return "waits"
        raise AssertionError("neither done nor waiting")

    def outcome(self) -> str:
        """What became of it in the end: `done`, or the name of the refusal."""
        self._thread.join(WITHIN)
        assert not self._thread.is_alive(), "still not done"
        return self._outcome

    def _do(self, act: Callable[[], object]) -> None:
        with self._queue.app.app_context():
            self._outcome = outcome_of(act)


def once(
    monkeypatch: pytest.MonkeyPatch,
    where: Any,
    name: str,
    act: Callable[[], object],
    *,
    after: bool = False,
) -> None:
    """Do something before (or after) the next call of a function, and only then."""
    real = getattr(where, name)

    def interrupted(*args: Any, **named: Any) -> Any:
        monkeypatch.setattr(where, name, real)
        if after:
            result = real(*args, **named)
            act()
            return result
        act()
        return real(*args, **named)

    monkeypatch.setattr(where, name, interrupted)


@contextmanager
def between(app: Flask) -> Iterator[Callable[[Callable[[], object]], None]]:
    """Have something happen after the next request is let in and before its view begins.

    Somebody else does it, in a thread of their own: `then(act)`.
    """
    hooks: list[Callable[[], None]] = app.before_request_funcs[None]  # type: ignore[assignment]
    before = list(hooks)

    def then(act: Callable[[], object]) -> None:
        def hook() -> None:
            hooks.remove(hook)
            outcomes: list[str] = []

            def do() -> None:
                with app.app_context():
                    outcomes.append(outcome_of(act))

            thread = threading.Thread(target=do)
            thread.start()
            thread.join(WITHIN)
            assert outcomes == ["done"]

        hooks.append(hook)

    yield then
    hooks[:] = before
