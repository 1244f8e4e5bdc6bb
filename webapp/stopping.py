"""Whether this process was told to stop: long work then ends at the next safe place.

A worker that is killed in the middle of a mail leaves it in doubt; one that ends by itself leaves
none. Operating systems and containers ask first (SIGTERM), and kill after a grace time.
"""

from __future__ import annotations

import threading

_asked = threading.Event()


def ask(*_: object) -> None:
    """End soon; also the handler of a signal."""
    _asked.set()


def is_asked() -> bool:
    """Whether to take on nothing more."""
    return _asked.is_set()


def wait(seconds: float) -> bool:
    """Wait so long, or until asked to stop; returns whether it was."""
    return _asked.wait(seconds)
