"""The worker process: `python -m jobs.worker`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from jobs import application, collect_rarely
from jobs.schedule import SCHEDULE, find
from webapp import config, queue


class KnownJob(Job):
    """A job of ours. RQ would run any function that Redis names; only scheduled ones may run."""

    success_callback = failure_callback = stopped_callback = None

    @property
    def func(self) -> Callable[..., Any]:
        """The function to run; raises ValueError for one that is not in the schedule."""
        if self.func_name not in SCHEDULE:
            raise ValueError("not a job of ours")
        return find(self.func_name)


def main() -> None:
    """Run jobs until told to stop; waits for Redis while it is down."""
    app = application()
    with app.app_context():
        url = config.current().redis_url
    connection = queue.connect_patiently(url)
    jobs = Queue(queue.NAME, connection=connection, serializer=JSONSerializer, job_class=KnownJob)
    collect_rarely()
    worker = Worker([jobs], connection=connection, serializer=JSONSerializer, job_class=KnownJob)
    worker.work(logging_level="WARNING")


if __name__ == "__main__":
    main()
