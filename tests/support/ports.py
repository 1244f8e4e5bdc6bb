"""Ports for servers that tests start."""

from __future__ import annotations

import os
import socket
from contextlib import suppress


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_kept: set[int] = set()


def kept_port() -> int:
    """A free port that the system gives to nobody's outgoing connection, to be used again."""
    for number in range(20_000 + os.getpid() % 10_000, 32_000):
        if number in _kept:
            continue
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", number))
            _kept.add(number)
            return number
    raise AssertionError("no port is free")
