"""Clients that ask one server at once: `python -m benchmarks.clients`, with errands on stdin.

A process of their own, so that they wait for nobody here. Says what each request took.
"""

from __future__ import annotations

import http.client
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
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
    failed: int  # requests without the answer that they should get


def ask(errands: Sequence[Errand], clients: int, seconds: float) -> Taken:
    """Let so many clients ask at once for so long, each one errand after the other."""
    given = json.dumps({"errands": errands, "clients": clients, "seconds": seconds})
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.clients"],
        cwd=ROOT,
        input=given,
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    )
    said = json.loads(done.stdout)
    taken = sorted(said["taken"])
    rate, middle, late = len(taken) / seconds, len(taken) // 2, int(len(taken) * 0.99)
    return Taken(rate, taken[middle], taken[late], len(said["failed"]))


def main() -> None:
    """Ask, and print the seconds of each request, and what failed."""
    given = json.load(sys.stdin)
    errands, clients = [Errand(*one) for one in given["errands"]], given["clients"]
    taken: list[float] = []
    failed: list[str] = []
    together = threading.Barrier(clients)
    arguments = (errands, given["seconds"], together, taken, failed)
    threads = [threading.Thread(target=_one, args=(n, *arguments)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for words in sorted(set(failed)):
        print(f"{failed.count(words)} x {words}", file=sys.stderr)
    json.dump({"taken": taken, "failed": failed}, sys.stdout)


def _one(
    number: int,
    errands: Sequence[Errand],
    seconds: float,
    together: threading.Barrier,
    taken: list[float],
    failed: list[str],
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", errands[0].port, timeout=30)
    # Clients begin at different places, so that not all do the same at once.
    following = itertools.islice(itertools.cycle(errands), number % len(errands), None)
    together.wait()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        errand = next(following)
        headers = {"Cookie": errand.cookie} if errand.cookie else {}
        if errand.body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = errand.body.replace(FRESH, f"{number}-{time.time_ns()}") or None
        began = time.perf_counter()
        try:
            connection.request("POST" if body else "GET", errand.path, body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            failed.append(f"{errand.path.partition('?')[0]}: {type(error).__name__}")
            connection.close()
            continue
        taken.append(time.perf_counter() - began)
        if answer.status != (303 if body else 200):
            failed.append(f"{errand.path.partition('?')[0]}: {answer.status}")
    connection.close()


if __name__ == "__main__":
    main()
