"""Real processes of ours beside a test, and waiting for what they do."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from webapp.config import ROOT

SECONDS = 60


def start(module: str, settings: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start `python -m module` in a process group of its own, its words added to the log."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def kill(child: subprocess.Popen[bytes]) -> None:
    """SIGKILL the process and all that it forked.

    RQ's work-horses make process groups of their own; the session is what they keep.
    """
    if child.poll() is None:
        child.kill()
    child.wait(SECONDS)
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(int(path.name)) == child.pid:
                os.kill(int(path.name), signal.SIGKILL)


def wait_until(true: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait for a thing that other processes do; fails after a minute."""
    until = time.monotonic() + seconds
    pause = threading.Event()
    while not true():
        assert time.monotonic() < until, "it did not come to pass"
        pause.wait(0.02)
