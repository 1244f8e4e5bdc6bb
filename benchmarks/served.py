"""Both applications behind real web servers: gunicorn as the product starts it, one worker each."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from benchmarks.stage import Stage
from tests.support.ports import free_port
from webapp.config import ROOT

READY_WITHIN = 180  # seconds; on a machine that is busy


class Door:
    """One client of a web server, used as werkzeug's test client is."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookie = ""  # that the last answer set

    def open(self, path: str, *, method: str, headers: Any, data: Any, **_: Any) -> Response:
        """Ask, and read all of the answer."""
        form = None if data is None else urlencode(data)
        sent = dict(headers or {})
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, form, sent)
        answer = self._connection.getresponse()
        body = answer.read()
        self.cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
        return Response(body, answer.status)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@contextmanager
def doors(stage: Stage) -> Iterator[tuple[Door, Door]]:
    """Doors to the product and to its floor, each a gunicorn that runs inside the block."""
    floor = {
        "DATABASE_URL": stage.environment["DATABASE_URL"],
        "FLOOR_IDS": f"{stage.organization_id} {stage.priya_id}",
    }
    with ExitStack() as stack:
        ours = stack.enter_context(running("wsgi:app", stage.environment))
        bare = stack.enter_context(running("benchmarks.floors:served()", floor))
        yield stack.enter_context(closing(Door(ours))), stack.enter_context(closing(Door(bare)))


@contextmanager
def running(application: str, environment: dict[str, str], workers: int = 1) -> Iterator[int]:
    """A gunicorn as the product starts it, inside the block; its port."""
    port = free_port()
    settings = {"PORT": str(port), "WEB_CONCURRENCY": str(workers)}
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", application],
        env=os.environ | environment | settings,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    try:
        with closing(Door(port)) as door:
            _wait(door, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait(door: Door, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_WITHIN
    while True:
        with suppress(OSError):
            door.open("/", method="GET", headers={}, data=None)
            return
        door.close()
        assert process.poll() is None and time.monotonic() < until, "gunicorn does not start"
        time.sleep(0.05)
