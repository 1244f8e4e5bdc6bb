"""Real worker and scheduler processes on bad days: killed in the middle, Redis gone and back."""

from __future__ import annotations

from collections import Counter

from tests import cast
from tests.support.processes import SECONDS, kill, wait_until
from tests.support.receiver import Receiver, reports
from tests.support.smtp import Hold
from webapp.db import db
from webapp.domain import outbox
from webapp.domain.outbox import claims
from webapp.models import Delivery
from webapp.queue import JobQueue


def states(app):
    with app.app_context():
        found = db.session.query(Delivery.state).filter(Delivery.recipient.like("p%@example.org"))
        return Counter(state for (state,) in found)


def test_a_worker_sends_what_the_bell_rings_for(app, process, smtp):
    process("jobs.worker")
    with app.app_context():
        cast.invited("p0@example.org")
    wait_until(lambda: smtp.messages)
    wait_until(lambda: states(app) == {"sent": 1})
    assert smtp.messages[0].rcpt_to == ["p0@example.org"]


def test_a_worker_killed_in_the_middle_of_a_batch_loses_nothing_and_repeats_only_what_was_in_flight(
    app, process, smtp, travel
):
    hold = Hold()
    smtp.script["RCPT TO:<p4@example.org>"] = [hold, ""]
    with app.app_context():
        for number in range(10):
            cast.invited(f"p{number}@example.org")
    worker = process("jobs.worker")
    assert hold.reached.wait(SECONDS)
    kill(worker)
    hold.release.set()
    before = Counter(mail.rcpt_to[0] for mail in smtp.messages)
    assert set(before) <= {f"p{number}@example.org" for number in range(5)}
    travel(seconds=claims.LEASE.total_seconds() + 1)
    with app.app_context():
        outbox.drain()
    assert states(app) == {"sent": 10}
    after = Counter(mail.rcpt_to[0] for mail in smtp.messages)
    assert set(after) == {f"p{number}@example.org" for number in range(10)}
    assert sum(after.values()) <= 11
    ids = {(mail.rcpt_to[0], mail.message["Message-ID"]) for mail in smtp.messages}
    assert len(ids) == 10


def test_mails_of_the_time_without_redis_go_out_when_it_is_back(app, process, smtp, redis):
    process("jobs.worker")
    redis.kill()
    with app.app_context():
        for number in range(10):
            cast.invited(f"p{number}@example.org")
    assert states(app) == {"queued": 10}
    redis.restart()
    process("jobs.schedule")
    wait_until(lambda: states(app) == {"sent": 10})
    assert Counter(mail.rcpt_to[0] for mail in smtp.messages).most_common(1)[0][1] == 1


def test_the_scheduler_sends_by_itself_while_redis_is_away(app, process, smtp, redis):
    redis.kill()
    with app.app_context():
        cast.invited("p0@example.org")
    scheduler = process("jobs.schedule")
    wait_until(lambda: states(app) == {"sent": 1})
    scheduler.terminate()
    assert scheduler.wait(SECONDS) == 0


def test_a_job_that_fails_is_reported_from_its_process_without_anybodys_words(
    app, settings, process, redis
):
    with Receiver() as there, app.app_context():
        settings["SENTRY_DSN"] = there.url.replace("://", "://public@").rsplit("/", 1)[0] + "/7"
        process("jobs.worker")
        with db.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE invitation_counts")
        JobQueue(settings["REDIS_URL"]).enqueue("jobs.sweeps.sum_up")
        wait_until(lambda: there.heard)
        (report,) = reports(there)
    error = report["exception"]["values"][-1]
    assert error["type"] == "OperationalError"
    assert "value" not in error
    assert "sum_up" in {frame["function"] for frame in error["stacktrace"]["frames"]}
