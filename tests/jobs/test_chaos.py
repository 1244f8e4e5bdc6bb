"""Workers killed at random while many mails leave: `make chaos` does it with a thousand."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from tests import cast
from tests.support.processes import kill, wait_until
from webapp import config
from webapp.db import db
from webapp.domain import invitations, outbox
from webapp.domain.events import OPERATOR
from webapp.domain.mail import queue
from webapp.domain.outbox import claims
from webapp.models import Delivery
from webapp.queue import JobQueue

PEOPLE = int(os.environ.get("CHAOS_PEOPLE", "150"))
WORKERS = 2


def waiting(app):
    with app.app_context():
        db.session.rollback()
        return db.session.query(Delivery).filter_by(state="queued").count()


@pytest.mark.both_databases
def test_killing_workers_loses_nobody_and_repeats_at_most_one_mail_for_each(
    app, process, smtp, travel, database
):
    with app.app_context():
        outbox.drain()  # what the cast was sent
        smtp.messages.clear()
        jobs = JobQueue(config.current().redis_url)
        for number in range(PEOPLE):
            invitations.create(
                cast.organization(), by=OPERATOR, email=f"p{number}@example.org", role="contributor"
            )
    workers = [process("jobs.worker") for _ in range(WORKERS)]
    chance, kills = random.Random(), 0
    while waiting(app):
        jobs.enqueue(queue.DRAIN)
        reached = len(smtp.messages) + chance.randint(1, outbox.BATCH)
        wait_until(lambda goal=reached: len(smtp.messages) >= goal or not waiting(app))
        victim = chance.randrange(WORKERS)
        kill(workers[victim])
        kills += 1
        workers[victim] = process("jobs.worker")
    for worker in workers:
        kill(worker)
        kills += 1
    travel(seconds=claims.LEASE.total_seconds() + 1)
    with app.app_context():
        outbox.drain()
        theirs = db.session.query(Delivery.state).filter(Delivery.recipient.like("p%@example.org"))
        states = Counter(state for (state,) in theirs)
    sent = Counter(mail.rcpt_to[0] for mail in smtp.messages)
    twice = sum(sent.values()) - len(sent)
    name = database.partition(":")[0]
    print(f"\n{name}: {PEOPLE} invited, {kills} workers killed, {twice} mails sent twice")
    assert set(sent) == {f"p{number}@example.org" for number in range(PEOPLE)}
    assert twice <= kills
    assert states == {"sent": PEOPLE}
    ids = {(mail.rcpt_to[0], mail.message["Message-ID"]) for mail in smtp.messages}
    assert len(ids) == PEOPLE
