"""Clients that ask one server at once: `python -m benchmarks.clients`, with an errand on stdin.

A process of their own, so that they wait for nobody here. Says what each request took.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from typing import NamedTuple

from webapp.config import ROOT

FRESH = "@@"  # in a form: becomes a number that was not used before


class Errand(NamedTuple):
    """What each client asks, again and again; POST when there is a body."""

    port: int
    path: str
    cookie: str = ""
    body: str = ""


class Taken(NamedTuple):
    """How many requests were answered in a second, and the median and the 99th percentile."""

    rate: float
    median: float  # seconds
    p99: float


def ask(errand: Errand, clients: int, seconds: float) -> Taken:
    """Let so many clients ask at once for so long."""
    given = json.dumps({"errand": errand, "clients": clients, "seconds": seconds})
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.clients"],
        cwd=ROOT,
        input=given,
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    )
    taken = sorted(json.loads(done.stdout))
    return Taken(len(taken) / seconds, taken[len(taken) // 2], taken[int(len(taken) * 0.99)])


def main() -> None:
    """Ask, and print the seconds of each request."""
    given = json.load(sys.stdin)
    errand, clients = Errand(*given["errand"]), given["clients"]
    taken: list[float] = []
    together = threading.Barrier(clients)
    arguments = (errand, given["seconds"], together, taken)
    threads = [threading.Thread(target=_one, args=(n, *arguments)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    json.dump(taken, sys.stdout)


def _one(
    number: int, errand: Errand, seconds: float, together: threading.Barrier, taken: list[float]
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", errand.port, timeout=30)
    headers = {"Cookie": errand.cookie} if errand.cookie else {}
    if errand.body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    together.wait()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        fresh = f"{number}-{time.time_ns()}"
        body = errand.body.replace(FRESH, fresh) or None
        began = time.perf_counter()
        connection.request("POST" if body else "GET", errand.path, body, headers)
        answer = connection.getresponse()
        answer.read()
        taken.append(time.perf_counter() - began)
        assert answer.status == (303 if body else 200), f"{errand.path}: {answer.status}"
    connection.close()


if __name__ == "__main__":
    main()
