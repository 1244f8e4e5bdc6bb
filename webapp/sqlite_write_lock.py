"""A lock for SQLite's writers: each goes on as soon as the one before is done.

SQLite itself polls, sleeping up to a tenth of a second between two tries, and is not fair: with
eight writers at once some wait for seconds.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Engine

from webapp.connections import BUSY_MS, file_of

TRY_EVERY = 0.001  # seconds


class WriteLock:
    """Held by one thread at a time, of all processes that use the same file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._threads = threading.Lock()
        self._file: int | None = None

    @contextmanager
    def hold(self, seconds: float) -> Iterator[None]:
        """Wait for the lock; after `seconds` go on without it and let SQLite decide."""
        if self._process != os.getpid():
            # A forked process shares its parent's open file, and the lock belongs to that.
            self._begin()
        until = time.monotonic() + seconds
        first = self._threads.acquire(timeout=seconds)
        try:
            locked = self._lock_file(until) if first else None
            try:
                yield
            finally:
                if locked is not None:
                    fcntl.flock(locked, fcntl.LOCK_UN)
        finally:
            if first:
                self._threads.release()

    def _lock_file(self, until: float) -> int | None:
        try:
            file = self._open_file()
        except OSError:
            return None  # where no file can be made, SQLite's own error says why
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return file
            except BlockingIOError:
                if time.monotonic() > until:
                    return None
                time.sleep(TRY_EVERY)

    def _open_file(self) -> int:
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            weakref.finalize(self, os.close, self._file)
        return self._file


_locks: WeakKeyDictionary[Engine, WriteLock] = WeakKeyDictionary()


def write_lock(engine: Any, seconds: float = BUSY_MS / 1000) -> AbstractContextManager[None]:
    """SQLite's writers one at a time, each waiting at most `seconds`; nothing on PostgreSQL."""
    path = file_of(engine.url.database) if engine.dialect.name == "sqlite" else None
    if path is None:
        return nullcontext()
    return _locks.setdefault(engine, WriteLock(f"{path}-writer")).hold(seconds)
