"""The job queue: bounded in time, never failing the caller."""

from __future__ import annotations

import time

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from tests import cast
from tests.support.smtp import self_signed
from tests.support.tls_front import TLSFront
from webapp import queue, redis_tries
from webapp.db import db
from webapp.domain import outbox
from webapp.domain.operations import checks
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
    assert time.monotonic() - began < redis_tries.WAIT_SECONDS


def test_a_job_that_waits_is_not_enqueued_again_and_one_that_has_begun_is(redis):
    drain, send = queue.JobQueue(redis.url), queue.JobQueue(redis.url)
    assert drain.enqueue("jobs.outbox.drain") and send.enqueue("jobs.outbox.drain")
    assert send.enqueue("jobs.webhooks.send")
    waiting = [job.func_name for job in jobs(redis)]
    assert waiting == ["jobs.outbox.drain", "jobs.webhooks.send"]
    connection = Redis.from_url(redis.url)
    plain = Queue(queue.NAME, connection=connection, serializer=JSONSerializer)
    plain.pop_job_id()  # as a worker does that begins it
    assert drain.enqueue("jobs.outbox.drain") and send.enqueue("jobs.webhooks.send")
    assert [job.func_name for job in jobs(redis)] == ["jobs.webhooks.send", "jobs.outbox.drain"]


def test_a_queue_that_somebody_emptied_is_filled_again(redis):
    jobs_of = queue.JobQueue(redis.url)
    jobs_of.enqueue("jobs.outbox.drain")
    connection = Redis.from_url(redis.url)
    Queue(queue.NAME, connection=connection, serializer=JSONSerializer).empty()
    jobs_of.enqueue("jobs.outbox.drain")
    assert len(jobs(redis)) == 1


@pytest.fixture
def tls(tmp_path, redis):
    """Redis behind TLS, and the file of its certificate."""
    context, certificate = self_signed(tmp_path)
    with TLSFront(redis.socket, context) as front:
        yield f"rediss://127.0.0.1:{front.port}/0", certificate


def test_redis_is_spoken_to_over_tls_whose_certificate_is_verified(
    make_app, tls, redis, monkeypatch
):
    url, certificate = tls
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    app = make_app(REDIS_URL=url)
    with app.app_context():
        cast.invited()
        assert checks.redis().is_ok
        assert checks.waiting_jobs().is_ok
    assert [job.func_name for job in jobs(redis)] == ["jobs.outbox.drain"]
    app.test_client().post("/login", data={"email": "x@example.org", "password": "y"})
    assert [*redis.client().scan_iter("LIMITS*")]


def test_a_redis_whose_certificate_nobody_vouches_for_is_not_spoken_to(make_app, tls, redis):
    app = make_app(REDIS_URL=tls[0])
    with app.app_context():
        cast.invited()
        assert checks.redis().word == "away"
    assert jobs(redis) == []
