"""What the scheduler starts, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs import schedule


class Heard:
    """A bell that writes down what it was rung for."""

    def __init__(self, answers=True):
        self.names = []
        self.answers = answers

    def ring(self, name):
        self.names.append(name)
        return self.answers


@pytest.mark.parametrize("name", schedule.SCHEDULE)
def test_every_name_in_the_schedule_is_a_job(name):
    assert callable(schedule.find(name))


def test_all_are_started_at_once_and_then_each_at_its_own_time(travel):
    bell = Heard()
    scheduler = schedule.Scheduler(bell)
    scheduler.tick()
    assert bell.names == list(schedule.SCHEDULE)
    scheduler.tick()
    assert bell.names == list(schedule.SCHEDULE)
    travel(seconds=schedule.SCHEDULE["jobs.outbox.drain"].total_seconds())
    scheduler.tick()
    assert bell.names[3:] == ["jobs.outbox.drain"]


def test_what_no_worker_hears_is_done_here_and_a_failure_stops_nothing(monkeypatch, caplog):
    done = []

    def find(name):
        if name == "jobs.outbox.drain":
            raise RuntimeError("broken")
        return lambda: done.append(name)

    monkeypatch.setattr(schedule, "find", find)
    schedule.Scheduler(Heard(answers=False)).tick()
    assert done == ["jobs.sweeps.expire", "jobs.sweeps.tidy"]
    assert "jobs.outbox.drain failed" in caplog.text


def test_mail_is_looked_for_at_least_once_a_minute():
    assert schedule.SCHEDULE["jobs.outbox.drain"] <= timedelta(minutes=1)
