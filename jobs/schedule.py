"""The scheduler process: `python -m jobs.schedule`.

RQ's own scheduler exits when Redis does not answer. This one keeps running, and runs the jobs that
it cannot enqueue itself: so mail is sent and links expire even while Redis is down.
"""

from __future__ import annotations

import importlib
import logging
import signal
from collections.abc import Callable
from datetime import datetime, timedelta

from jobs import application, collect_rarely
from webapp import clock, config, stopping
from webapp.domain.operations import job_runs
from webapp.queue import JobQueue

SCHEDULE: dict[str, timedelta] = {
    "jobs.outbox.drain": timedelta(seconds=15),
    "jobs.bulk_imports.run": timedelta(seconds=15),
    "jobs.webhooks.send": timedelta(seconds=15),
    "jobs.openid.log_out": timedelta(seconds=15),
    "jobs.inviter_notices.send": timedelta(minutes=1),
    "jobs.requests.run": timedelta(minutes=1),
    "jobs.sweeps.expire": timedelta(minutes=1),
    "jobs.sweeps.end": timedelta(minutes=1),
    "jobs.sweeps.sum_up": timedelta(minutes=1),
    "jobs.access_reviews.run": timedelta(minutes=10),
    "jobs.reminders.send_due": timedelta(minutes=5),
    "jobs.reminders.announce_ends": timedelta(minutes=5),
    "jobs.sweeps.erase": timedelta(hours=1),
    "jobs.sweeps.tidy": timedelta(hours=6),
}

log = logging.getLogger("gatehouse.schedule")


def find(name: str) -> Callable[[], None]:
    """The function behind a job's dotted name."""
    module, _, function = name.rpartition(".")
    job: Callable[[], None] = getattr(importlib.import_module(module), function)
    return job


class Scheduler:
    """Enqueues each job when it is due, or runs it here if Redis does not answer."""

    def __init__(self, jobs: JobQueue) -> None:
        self._jobs = jobs
        self._next: dict[str, datetime] = {}

    def tick(self) -> bool:
        """Start the jobs that are due; returns whether there were any.

        A job that fails is tried again at its next time.
        """
        started = False
        for name, interval in SCHEDULE.items():
            if stopping.is_asked():
                break
            wait = self._next.get(name, clock.now()) - clock.now()
            if timedelta(0) < wait <= interval:  # longer, and the clock has been set back
                continue
            self._next[name] = clock.now() + interval
            started = True
            if self._jobs.enqueue(name):
                continue
            try:
                find(name)()
            except Exception:
                log.exception("%s failed", name)
        return started


def main() -> None:
    """Tick every second until told to stop; a job that runs here ends soon after that."""
    with application().app_context():
        scheduler = Scheduler(JobQueue(config.current().redis_url))
    collect_rarely()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stopping.ask)
    while not stopping.is_asked():
        if scheduler.tick():
            with application().app_context():
                job_runs.note(job_runs.SCHEDULER)
        stopping.wait(1)


if __name__ == "__main__":
    main()
