"""The web server as the Procfile starts it: gunicorn with two processes."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.ports import free_port
from tests.support.processes import SECONDS, kill, wait_until
from webapp.config import ROOT


class Serving(NamedTuple):
    """Where it listens, and its first process."""

    port: int
    process: subprocess.Popen[bytes]

    def ask(self, path: str, **headers: str) -> str:
        """The answer to a GET, over a connection of its own."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(answer.read().decode())

    def workers(self) -> list[int]:
        """Both processes that answer requests; the first may answer before the second is there."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        wait_until(lambda: len(children.read_text().split()) == 2)
        return [int(child) for child in children.read_text().split()]


@contextmanager
def serving(
    settings: Mapping[str, str], log: Path, *, root: Path = ROOT, **more: str
) -> Iterator[Serving]:
    """The web server inside the block, once it answers; what it says is in the log.

    `root` is the folder of its code.
    """
    port = free_port()
    given = {**settings, "PORT": str(port), "WEB_CONCURRENCY": "2", **more}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"],
            cwd=root,
            env={"PATH": os.environ["PATH"], **given},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    server = Serving(port, process)

    def answers() -> str | None:
        assert process.poll() is None, log.read_text()
        try:
            return server.ask("/healthz")
        except OSError:
            return None

    try:
        wait_until(answers)
        yield server
    finally:
        process.terminate()
        process.wait(SECONDS)
        kill(process)
