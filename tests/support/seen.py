"""What one test process has found in order, so that no other looks at the same thing again.

The processes of a run share a file for each kind of thing: a line is a digest, each process adds
its own and reads those of the others. Nothing is kept from run to run.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

FOLDER = "GATEHOUSE_TESTS_SEEN"  # in the environment of all processes of a run


class Seen:
    """A set of texts that grows by what other processes of the run have seen, too."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._digests: set[bytes] = set()
        self._reads = self._writes = -1

    def __contains__(self, text: str) -> bool:
        digest = _digest(text)
        if digest not in self._digests:
            self._read()
        return digest in self._digests

    def add(self, text: str) -> None:
        """It is in order as it is."""
        digest = _digest(text)
        self._digests.add(digest)
        if self._is_open():
            os.write(self._writes, digest + b"\n")  # at once, so that lines stay whole

    def _read(self) -> None:
        while self._is_open() and (lines := os.read(self._reads, 65 * 1000)):
            self._digests.update(lines.split())

    def _is_open(self) -> bool:
        if self._reads < 0 and FOLDER in os.environ:
            file = Path(os.environ[FOLDER]) / self._kind
            self._writes = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            self._reads = os.open(file, os.O_RDONLY)
        return self._reads >= 0


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).hexdigest().encode()
