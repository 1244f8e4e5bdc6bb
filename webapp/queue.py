"""The bell: tells a worker that there is work. The database holds what the work is."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime

from flask import current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from webapp import clock, config, db

NAME = "gatehouse"
JOB_SECONDS = 300
WAIT_SECONDS = 0.25
REST_SECONDS = 5.0
CHECK_SECONDS = 1.0  # who asks how Redis is can wait longer than who rings

log = logging.getLogger("gatehouse.queue")


class Bell:
    """Rings a worker through RQ; a Redis that is away or frozen costs a moment, then nothing."""

    def __init__(self, url: str) -> None:
        self._queue = Queue(
            NAME,
            connection=connect(url, WAIT_SECONDS),
            serializer=JSONSerializer,  # pickle would run code on reading; see also jobs/worker.py
            default_timeout=JOB_SECONDS,
        )
        self._rest_until = 0.0

    def ring(self, job: str) -> bool:
        """Enqueue the job by its dotted name; False when Redis did not answer. Never raises."""
        if time.monotonic() < self._rest_until:
            return False
        try:
            self._queue.enqueue(job, result_ttl=0, failure_ttl=24 * 3600)
        except (RedisError, OSError) as away:
            self._rest_until = time.monotonic() + REST_SECONDS
            log.warning("queue is away, %s waits for the scheduler: %s", job, type(away).__name__)
            return False
        return True


def connect(url: str, seconds: float) -> Redis:
    """A Redis connection that gives up after so many seconds instead of trying again."""
    return Redis.from_url(
        url,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
    )


def connect_patiently(url: str) -> Redis:
    """A Redis connection for a worker, which waits for jobs and for Redis itself."""
    return Redis.from_url(url)


def waiting(url: str) -> tuple[int, float]:
    """How many jobs wait for a worker, and for how many seconds the first one has.

    Raises RedisError or OSError when Redis does not answer in a moment.
    """
    jobs = Queue(NAME, connection=connect(url, CHECK_SECONDS), serializer=JSONSerializer)
    names = jobs.get_job_ids(0, 1)
    first = jobs.fetch_job(names[0]) if names else None
    since = first.enqueued_at if first else None
    age = (clock.now() - since.replace(tzinfo=UTC)).total_seconds() if since else 0.0
    return jobs.count, max(age, 0.0)


def told_time(url: str) -> datetime:
    """What Redis takes for the present moment; raises RedisError or OSError like `waiting`."""
    seconds, micros = connect(url, CHECK_SECONDS).time()
    return datetime.fromtimestamp(seconds + micros / 1e6, UTC)


def wake(job: str) -> None:
    """After commit, tell a worker to run the job; bounded in time, never fails the caller."""
    bell = current_app.extensions.get("bell")
    if bell is None:
        bell = current_app.extensions["bell"] = Bell(config.current().redis_url)

    def ring() -> None:
        bell.ring(job)

    db.after_commit(ring)
