"""A breaker: while a server does not answer, one caller tries it now and then, the others skip it.

Otherwise every request would wait for the same silence, and some several times.
"""

from __future__ import annotations

import time


class Breaker:
    """Shared by all threads of a process; `rest` is the pause after a failure, in seconds."""

    def __init__(self, rest: float) -> None:
        self._rest = rest
        self._until: float | None = None  # None: the last try worked

    def lets(self) -> bool:
        """Whether the caller may try; after a rest only the first one, until its try ends."""
        now = time.monotonic()
        if self._until is None:
            return True
        if now < self._until:
            return False
        self._until = now + self._rest
        return True

    def failed(self) -> None:
        """The server did not answer."""
        self._until = time.monotonic() + self._rest

    def worked(self) -> None:
        """It answered."""
        self._until = None
