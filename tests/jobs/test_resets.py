"""Whoever asks for a new password learns nothing from what happens right afterwards, either."""

from __future__ import annotations

import statistics
import time

import pytest

from tests import cast
from tests.support.processes import wait_until
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import outbox
from webapp.domain.accounts import password_resets
from webapp.models import Delivery, User

PAIRS = 25
ROUNDS = 8
WATCHED = 0.2  # seconds after a request; a worker begins within a few hundredths


@pytest.fixture
def settings(settings):
    return {**settings, "RATELIMIT_ENABLED": "false"}


@transaction()
def make_people(count):
    for number in range(count):
        email = f"known{number:04}@acme.example"
        known = {"email": email, "email_key": email, "full_name": "Somebody"}
        now = clock.now()
        user = User(**known, password_hash="none", created_at=now, verified_at=now)
        db.session.add(user)


@pytest.fixture
def worker(app, process, smtp):
    """A worker that has shown that it works."""
    process("jobs.worker")
    with app.app_context():
        outbox.drain()
        cast.invited()
    wait_until(lambda: smtp.messages)
    with app.app_context():
        wait_until(lambda: not waiting())


def waiting():
    db.session.rollback()
    return db.session.query(Delivery).filter(Delivery.state.in_(["queued", "sending"])).count()


@pytest.fixture
def ask(app):
    """Ask for a new password by the page."""
    client = app.test_client()
    token = client.get("/password/forgot").text.split('name="csrf_token" value="')[1].split('"')[0]

    def post(email):
        answer = client.post("/password/forgot", data={"csrf_token": token, "email": email})
        assert answer.status_code == 303

    return post


def watch_requests_after(ask, numbers, slowest):
    """Add the slowest request after each, in seconds, by whether the address has an account."""
    for number in numbers:
        for name in ["known", "other"][:: 1 if number % 2 else -1]:
            ask(f"{name}{number:04}@acme.example")
            took = []
            until = time.perf_counter() + WATCHED
            while (began := time.perf_counter()) < until:
                ask("third@acme.example")  # it writes, and waits for other writers
                took.append(time.perf_counter() - began)
            slowest[name].append(max(took))


@pytest.mark.both_databases
def test_what_follows_a_known_address_takes_as_long_as_what_follows_an_unknown_one(
    app, worker, ask
):
    """More pairs even out what a busy machine adds, and not what tells the two apart."""
    with app.app_context():
        make_people(ROUNDS * PAIRS)
    slowest = {"known": [], "other": []}
    for begin in range(0, ROUNDS * PAIRS, PAIRS):
        watch_requests_after(ask, range(begin, begin + PAIRS), slowest)
        medians = {name: statistics.median(times) for name, times in slowest.items()}
        if max(medians.values()) < 1.3 * min(medians.values()):
            return
    pytest.fail(f"The request afterwards tells who has an account, in seconds: {medians}")


def test_no_worker_is_rung_for_after_either(app, redis, ask):
    with app.app_context():
        outbox.drain()
    redis.client().flushall()
    for email in (cast.CHEN, "nobody@acme.example"):
        ask(email)
        assert not [key for key in redis.client().scan_iter() if b"rq:" in key]


def test_the_mail_is_due_after_a_pause_that_nobody_can_foresee(app, ask, smtp):
    with app.app_context():
        make_people(40)
    for number in range(40):
        ask(f"known{number:04}@acme.example")
    with app.app_context():
        mails = db.session.query(Delivery).filter_by(kind="reset").all()
        pauses = [(one.due_at - one.created_at).total_seconds() for one in mails]
    longest = password_resets.LONGEST_PAUSE.total_seconds()
    assert len(pauses) == 40
    assert 0 <= min(pauses) < longest / 3
    assert longest / 3 * 2 < max(pauses) < longest
    assert len(set(pauses)) > 30
