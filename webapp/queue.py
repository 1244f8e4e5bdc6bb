"""The job queue: tells a worker to run a job by its name. The database holds what is to be done."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from flask import current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from webapp import clock, config, db, redis_servers, redis_tries

NAME = "gatehouse"
JOB_SECONDS = 300
CHECK_SECONDS = 1.0  # a check of Redis may wait longer than a request that enqueues a job

# Whether the job that was enqueued last under this name still waits. It will see all that
# is committed by now, so another would find nothing to do.
_WAITS = """
local last = redis.call('GET', KEYS[2])
return last and redis.call('LPOS', KEYS[1], last) and 1 or 0
"""

log = logging.getLogger("gatehouse.queue")


class JobQueue:
    """Our queue in RQ; a Redis that is down or frozen costs a moment once, then nothing."""

    def __init__(self, url: str) -> None:
        self._queue = Queue(
            NAME,
            connection=redis_servers.client(url, **redis_tries.options(url)),
            serializer=JSONSerializer,  # pickle would run code on reading; see also jobs/worker.py
            default_timeout=JOB_SECONDS,
        )
        self._waits = self._queue.connection.register_script(_WAITS)

    def enqueue(self, job: str) -> bool:
        """Enqueue a job by its dotted name, unless one waits already; False when Redis is away.

        Never raises.
        """
        try:
            last = f"{NAME}:last:{job}"
            if not self._waits(keys=[self._queue.key, last]):
                made = self._queue.enqueue(job, result_ttl=0, failure_ttl=24 * 3600)
                self._queue.connection.set(last, made.id)
        except (RedisError, OSError) as error:
            log.warning("queue is away, %s waits for the scheduler: %s", job, type(error).__name__)
            return False
        return True


def connect(url: str, seconds: float) -> Redis:
    """A Redis connection that gives up after `seconds` and does not retry."""
    return redis_servers.client(
        url,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
    )


def connect_patiently(url: str) -> Redis:
    """A Redis connection for a worker, which may wait for jobs as long as it takes."""
    return redis_servers.client(url)


def waiting(url: str) -> tuple[int, float]:
    """How many jobs wait for a worker, and how many seconds the first one has waited.

    Raises RedisError or OSError when Redis does not answer within a second.
    """
    jobs = Queue(NAME, connection=connect(url, CHECK_SECONDS), serializer=JSONSerializer)
    names = jobs.get_job_ids(0, 1)
    first = jobs.fetch_job(names[0]) if names else None
    since = first.enqueued_at if first else None
    age = (clock.now() - since.replace(tzinfo=UTC)).total_seconds() if since else 0.0
    return jobs.count, max(age, 0.0)


def told_time(url: str) -> datetime:
    """The time by Redis's clock; raises RedisError or OSError like `waiting`."""
    seconds, micros = connect(url, CHECK_SECONDS).time()
    return datetime.fromtimestamp(seconds + micros / 1e6, UTC)


def enqueue(job: str) -> None:
    """After the commit, tell a worker to run the job; takes a moment at most and never raises."""
    jobs = current_app.extensions.get("job_queue")
    if jobs is None:
        jobs = current_app.extensions["job_queue"] = JobQueue(config.current().redis_url)

    def enqueue_now() -> None:
        jobs.enqueue(job)

    db.after_commit(enqueue_now)
