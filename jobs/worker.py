"""The worker process: `python -m jobs.worker`."""

from __future__ import annotations

from rq import Queue, Worker
from rq.serializers import JSONSerializer

from jobs import application
from webapp import config, queue


def main() -> None:
    """Take jobs until told to stop; a Redis that goes away is waited for."""
    app = application()
    with app.app_context():
        url = config.current().redis_url
    connection = queue.connect_patiently(url)
    queues = [Queue(queue.NAME, connection=connection, serializer=JSONSerializer)]
    Worker(queues, connection=connection, serializer=JSONSerializer).work(logging_level="WARNING")


if __name__ == "__main__":
    main()
