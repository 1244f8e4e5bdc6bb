"""What the scheduler starts, and when."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from rq import Callback, Queue, SimpleWorker
from rq.serializers import JSONSerializer

from jobs import schedule
from jobs.worker import KnownJob
from webapp import queue, stopping


class Recorded:
    """A queue that writes down what was enqueued."""

    def __init__(self, answers=True):
        self.names = []
        self.answers = answers

    def enqueue(self, name):
        self.names.append(name)
        return self.answers


@pytest.mark.parametrize("name", schedule.SCHEDULE)
def test_every_name_in_the_schedule_is_a_job(name):
    assert callable(schedule.find(name))


def test_all_are_started_at_once_and_then_each_at_its_own_time(travel):
    jobs = Recorded()
    scheduler = schedule.Scheduler(jobs)
    scheduler.tick()
    assert jobs.names == list(schedule.SCHEDULE)
    scheduler.tick()
    assert jobs.names == list(schedule.SCHEDULE)
    travel(seconds=schedule.SCHEDULE["jobs.outbox.drain"].total_seconds())
    scheduler.tick()
    assert jobs.names[len(schedule.SCHEDULE) :] == [
        "jobs.outbox.drain",
        "jobs.bulk_imports.run",
        "jobs.webhooks.send",
        "jobs.openid.log_out",
    ]


def test_a_clock_that_is_set_back_delays_no_job(travel):
    jobs = Recorded()
    scheduler = schedule.Scheduler(jobs)
    scheduler.tick()
    travel(minutes=-10)
    assert scheduler.tick()
    assert jobs.names.count("jobs.outbox.drain") == 2
    assert not scheduler.tick()


def test_a_scheduler_that_is_asked_to_stop_starts_nothing_more(monkeypatch):
    jobs = Recorded()
    monkeypatch.setattr(stopping, "_asked", threading.Event())
    stopping.ask()
    assert not schedule.Scheduler(jobs).tick()
    assert jobs.names == []


def test_what_no_worker_hears_is_done_here_and_a_failure_stops_nothing(monkeypatch, caplog):
    done = []

    def find(name):
        if name == "jobs.outbox.drain":
            raise RuntimeError("broken")
        return lambda: done.append(name)

    monkeypatch.setattr(schedule, "find", find)
    schedule.Scheduler(Recorded(answers=False)).tick()
    assert done == [name for name in schedule.SCHEDULE if name != "jobs.outbox.drain"]
    assert "jobs.outbox.drain failed" in caplog.text


def test_mail_is_looked_for_at_least_once_a_minute():
    assert schedule.SCHEDULE["jobs.outbox.drain"] <= timedelta(minutes=1)


def test_a_worker_runs_nothing_but_our_jobs(redis, tmp_path):
    connection = redis.client()
    plain = Queue(queue.NAME, connection=connection, serializer=JSONSerializer)
    plain.enqueue("os.mkdir", str(tmp_path / "made"))
    plain.enqueue("os.getpid", on_failure=Callback("os.getppid"))
    options = {"connection": connection, "serializer": JSONSerializer, "job_class": KnownJob}
    SimpleWorker([Queue(queue.NAME, **options)], **options).work(burst=True, logging_level="ERROR")
    assert not (tmp_path / "made").exists()
    assert plain.count == 0
    assert KnownJob.create("jobs.outbox.drain", connection=connection).func.__name__ == "drain"
