"""The worker process: `python -m jobs.worker`."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from jobs import application, collect_rarely
from jobs.schedule import SCHEDULE, find
from webapp import config, error_reports, queue, stopping, telemetry


class KnownJob(Job):
    """A job of ours. RQ would run any function that Redis names; only scheduled ones may run."""

    success_callback = failure_callback = stopped_callback = None

    @property
    def func(self) -> Callable[..., Any]:
        """The function to run; raises ValueError for one that is not in the schedule."""
        if self.func_name not in SCHEDULE:
            raise ValueError("not a job of ours")
        return find(self.func_name)


class GracefulWorker(Worker):
    """A worker whose running job ends soon after SIGTERM, at a place where nothing is in doubt.

    RQ lets a job run to its end, which may outlast the grace time; and the process of the job,
    which a service manager asks to stop as well, would die at once, in the middle of a mail.
    """

    def setup_work_horse_signals(self) -> None:
        """In the process of a job: note that it is to stop."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, stopping.ask)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Report the error as well as logging it."""
        if isinstance(exc_info[1], BaseException):
            error_reports.tell(exc_info[1])
        super().handle_exception(job, *exc_info)

    def perform_job(self, job: Job, queue: Queue) -> bool:
        """Run the job in its process, which RQ ends at once afterwards, with its threads."""
        try:
            return super().perform_job(job, queue)
        finally:
            error_reports.finish()
            telemetry.finish()

    def handle_warm_shutdown_request(self) -> None:
        """In the worker: pass it on to the job."""
        if self.horse_pid:
            self.kill_horse(signal.SIGTERM)


def main() -> None:
    """Run jobs until told to stop; waits for Redis while it is down."""
    app = application()
    with app.app_context():
        url = config.current().redis_url
    connection = queue.connect_patiently(url)
    jobs = Queue(queue.NAME, connection=connection, serializer=JSONSerializer, job_class=KnownJob)
    collect_rarely()
    worker = GracefulWorker(
        [jobs], connection=connection, serializer=JSONSerializer, job_class=KnownJob
    )
    worker.work(logging_level="WARNING")


if __name__ == "__main__":
    main()
