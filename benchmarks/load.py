"""`python -m benchmarks.load [--minutes 10] [--processes 1 2 4] [--workers 2]`

A whole installation on PostgreSQL under load: web processes, workers, a scheduler, Redis and a mail
server. First the most clients are looked for with which the 99th percentile stays below LATEST;
then they go on for so many minutes. Said are requests, failures, latencies, memory and mails.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from sqlalchemy import func, select

from benchmarks import crowd, sink
from benchmarks.__main__ import stage
from benchmarks.clients import Errand, Taken, ask
from benchmarks.served import running
from benchmarks.stage import Stage
from webapp.config import ROOT
from webapp.db import db
from webapp.models import Delivery

LATEST = 0.3  # seconds
LADDER = (2, 4, 8, 12, 16, 24, 32, 48, 64)  # clients
TRY, WARM = 10, 5  # seconds
OURS = (b"wsgi:app", b"jobs.worker", b"jobs.schedule")
MAILED_WITHIN = 300  # seconds after the last request
# What people do, in this proportion: admins look, invitees open links, and one in five invites.
MIX = ("list", "open", "open", "list", "invite")


def main() -> None:
    """One line for each number of web processes."""
    asked = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__)
    asked.add_argument("--minutes", type=float, default=10)
    asked.add_argument("--processes", type=int, nargs="+", default=[2, 1, 4])
    asked.add_argument("--workers", type=int, default=2)
    wanted = asked.parse_args()
    for processes in wanted.processes:
        with stage("postgresql") as here:
            print(_measure(here, processes, wanted.workers, 60 * wanted.minutes), flush=True)


def _measure(here: Stage, processes: int, workers: int, seconds: float) -> str:
    with ExitStack() as stack:
        port = stack.enter_context(running("wsgi:app", here.environment, processes))
        for module in ["jobs.schedule", *["jobs.worker"] * workers]:
            stack.enter_context(_process(here, module))
        errands = [crowd.ours(here, port).errands[name] for name in MIX]
        here.settle()
        ask(errands, 2, WARM)
        clients = _most(errands)
        before = _memory()
        taken = ask(errands, clients, seconds)
        after = _memory()
        mails, recipients, due = _mailed(here)
    return (
        f"{processes} web, {workers} workers: {clients} clients, {taken.rate:.0f} requests/s "
        f"for {seconds:.0f} s, {taken.failed} failed; median {1000 * taken.median:.0f} ms, "
        f"p99 {1000 * taken.p99:.0f} ms; memory {before:.0f} -> {after:.0f} MiB; "
        f"{due} invitations, {mails} mails to {recipients} recipients"
    )


def _most(errands: list[Errand]) -> int:
    """The most clients whose 99th percentile is early enough."""
    most = LADDER[0]
    for clients in LADDER:
        taken: Taken = ask(errands, clients, TRY)
        if taken.p99 > LATEST * 0.9 or taken.failed:
            break
        most = clients
    return most


def _mailed(here: Stage) -> tuple[int, int, int]:
    """Mails and recipients at the mail server once nothing is due; and invitations to be mailed."""
    waiting = select(func.count()).where(Delivery.state.in_(["queued", "sending"]))
    # The cast's own have joined before their mail was due.
    made = select(func.count()).where(Delivery.state != "suppressed")
    until = time.monotonic() + MAILED_WITHIN
    with here.app.app_context():
        while db.session.scalar(waiting) and time.monotonic() < until:
            db.session.rollback()
            time.sleep(0.5)
        due = db.session.scalar(made) or 0
    return *sink.counted(int(here.environment["MAIL_PORT"])), due


@contextmanager
def _process(here: Stage, module: str) -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, "-m", module],
        env=os.environ | here.environment,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    ) as process:
        try:
            yield
        finally:
            process.terminate()


def _memory() -> float:
    """MiB that the web processes, workers and scheduler use, what they share counted once."""
    total, pids = 0, [os.getpid()]
    for pid in pids:
        with suppress(OSError):  # it has ended
            folder = Path(f"/proc/{pid}")
            pids += map(int, (folder / f"task/{pid}/children").read_text().split())
            if any(name in (folder / "cmdline").read_bytes() for name in OURS):
                lines = (folder / "smaps_rollup").read_text().splitlines()
                total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


if __name__ == "__main__":
    main()
