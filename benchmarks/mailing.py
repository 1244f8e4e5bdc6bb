"""`python -m benchmarks.mailing [--database sqlite|postgresql|both] [--mails n]`

How many mails a second one worker sends, and two at once, to a server on loopback that takes all.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from statistics import median

from benchmarks.__main__ import DATABASES, stage
from benchmarks.stage import Stage
from webapp.config import ROOT

ROUNDS = 5
# A worker that is ready before the clock starts: it sends all that is due once it is told to.
WORKER = """
import sys
from jobs import application, collect_rarely
from webapp.domain import outbox
app = application()
collect_rarely()
with app.app_context():
    print("ready", flush=True)
    sys.stdin.readline()
    outbox.drain()
"""


def main() -> None:
    """A line for each database: medians of the rounds, one and two in turn."""
    asked = argparse.ArgumentParser(prog="benchmarks.mailing", description=__doc__)
    asked.add_argument("--database", choices=DATABASES, default="both")
    asked.add_argument("--mails", type=int, default=1000)
    wanted = asked.parse_args()
    for database in DATABASES[wanted.database]:
        with stage(database) as here:
            rounds = [[_rate(here, n, wanted.mails) for n in (1, 2)] for _ in range(ROUNDS)]
        ratios = sorted(two / one for one, two in rounds)
        one, two = (median(pair[place] for pair in rounds) for place in (0, 1))
        print(
            f"{database}: one worker {one:.0f}/s, two {two:.0f}/s, "
            f"ratio {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            flush=True,
        )


def _rate(here: Stage, workers: int, mails: int) -> float:
    here.queue(mails)
    here.settle()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER],
            cwd=ROOT,
            env=os.environ | here.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(workers)
    ]
    for process in processes:
        assert process.stdout and process.stdout.readline() == "ready\n"
    began = time.perf_counter()
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.close()
    for process in processes:
        assert process.wait() == 0
    return mails / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
