"""The job queue: bounded in time, never failing the caller."""

from __future__ import annotations

import time

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from tests import cast
from webapp import queue
from webapp.db import db
from webapp.domain import outbox
from webapp.models import Delivery


def jobs(redis):
    connection = Redis.from_url(redis.url)
    return Queue(queue.NAME, connection=connection, serializer=JSONSerializer).jobs


def test_inviting_enqueues_a_job_by_its_name_alone(app, redis):
    with app.app_context():
        cast.invited()
    (job,) = jobs(redis)
    assert (job.func_name, job.args, job.kwargs) == ("jobs.outbox.drain", [], {})


def test_a_refused_invitation_enqueues_nothing(app, redis):
    with app.app_context():
        cast.invited()
        Redis.from_url(redis.url).flushall()
        with pytest.raises(Exception, match="already has"):
            cast.invited()
    assert jobs(redis) == []


@pytest.mark.parametrize("trouble", ["kill", "freeze"])
def test_with_redis_away_an_admin_is_answered_within_a_second_and_nothing_is_lost(
    browser, app, redis, smtp, trouble
):
    priya = browser(cast.PRIYA, check=False)
    priya.open("/orgs/acme/invitations/new")
    getattr(redis, trouble)()
    for number in range(10):
        began = time.monotonic()
        priya.send("/orgs/acme/invitations", follow=False, email=f"p{number}@example.org")
        assert priya.at.status == 303
        assert time.monotonic() - began < 1
        priya.open("/orgs/acme/invitations/new")
    redis.thaw()
    with app.app_context():
        waiting = db.session.query(Delivery).filter(Delivery.recipient.like("p%@example.org"))
        assert {delivery.state for delivery in waiting} == {"queued"}
        assert outbox.drain()["sent"] == 10
    assert len(smtp.messages) == 10


def test_a_redis_that_did_not_answer_is_left_alone_for_a_while(redis):
    jobs = queue.JobQueue(redis.url)
    assert jobs.enqueue("jobs.outbox.drain")
    redis.kill()
    assert not jobs.enqueue("jobs.outbox.drain")
    began = time.monotonic()
    assert not any(jobs.enqueue("jobs.outbox.drain") for _ in range(100))
    assert time.monotonic() - began < queue.WAIT_SECONDS
