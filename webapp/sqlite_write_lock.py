"""SQLite's writers one after the other, each as soon as the one before is done.

SQLite's own waiting sleeps up to a tenth of a second between two tries, and whoever comes meanwhile
goes first: with eight at once some wait for seconds.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

TRY_EVERY = 0.001  # seconds


class Turnstile:
    """One passes at a time, of all threads of all processes that use the same file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._threads = threading.Lock()
        self._file: int | None = None

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Wait for one's turn; after so many seconds go on without it, and let SQLite decide."""
        if self._process != os.getpid():
            # A forked process shares its parent's open file, and with it the parent's turn.
            self._begin()
        until = time.monotonic() + seconds
        mine = self._threads.acquire(timeout=seconds)
        try:
            held = self._hold(until) if mine else None
            try:
                yield
            finally:
                if held is not None:
                    fcntl.flock(held, fcntl.LOCK_UN)
        finally:
            if mine:
                self._threads.release()

    def _hold(self, until: float) -> int | None:
        try:
            file = self._opened()
        except OSError:
            return None  # where no file can be, SQLite says what is wrong with its own
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return file
            except BlockingIOError:
                if time.monotonic() > until:
                    return None
                time.sleep(TRY_EVERY)

    def _opened(self) -> int:
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            weakref.finalize(self, os.close, self._file)
        return self._file
