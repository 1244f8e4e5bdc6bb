"""Workers killed in the middle of an import: every line is done, and none is done twice.

`make chaos` does it with ten thousand lines, and sends all of their mails.
"""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from tests import cast
from tests.support.processes import kill, wait_until
from webapp import config
from webapp.db import db
from webapp.domain import imports, outbox
from webapp.domain.imports import runs
from webapp.domain.outbox import claims
from webapp.models import BulkImport, BulkImportRow, Delivery, Event, Invitation
from webapp.queue import JobQueue

PEOPLE = int(os.environ.get("CHAOS_LINES", "4000"))
ALL_MAILS = "CHAOS_LINES" in os.environ  # sending them takes far longer than inviting
KILLS = 3


@pytest.fixture
def settings(settings):
    return {
        **settings,
        "INVITATIONS_PER_ADMIN_PER_DAY": "100000",
        "INVITATIONS_PER_ORG_PER_DAY": "100000",
    }


def sent(app):
    with app.app_context():
        db.session.rollback()
        return db.session.query(BulkImportRow).filter_by(kind="sent").count()


@pytest.mark.both_databases
def test_killing_the_worker_three_times_leaves_one_outcome_for_every_line(
    app, process, smtp, redis, travel, database
):
    with app.app_context():
        outbox.drain()  # what the cast was sent
        smtp.messages.clear()
        made = cast.listed(" ".join(f"p{n}@example.org" for n in range(PEOPLE)))
        number = made.id
        imports.start(cast.organization(), number, by=cast.person())
        jobs = JobQueue(config.current().redis_url)
    chance, kills = random.Random(), 0
    for _ in range(KILLS):
        redis.client().flushall()  # the queue is lost as well: thousands of mails do not go first
        worker = process("jobs.worker")
        with app.app_context():
            db.session.query(BulkImport).update({"due_at": made.created_at})  # its lease ran out
            db.session.commit()
            jobs.enqueue(imports.RUN)
        before = sent(app)
        goal = min(before + chance.randint(1, runs.BATCH), PEOPLE)
        wait_until(lambda goal=goal: sent(app) >= goal)
        kill(worker)
        kills += sent(app) < PEOPLE
    print(f"\n{database.partition(':')[0]}: killed {kills} times before the end of {PEOPLE}")
    assert kills == KILLS
    travel(seconds=max(runs.LEASE, claims.LEASE).total_seconds() + 1)
    with app.app_context():
        while imports.find(cast.organization(), number).is_running:
            runs.run_due()
            db.session.rollback()
        rows = db.session.query(BulkImportRow).filter_by(import_id=number).all()
        assert Counter(row.kind for row in rows) == {"sent": PEOPLE}
        assert len({row.invitation_id for row in rows}) == PEOPLE
        theirs = Invitation.email.like("p%@example.org")
        assert db.session.query(Invitation).filter(theirs).count() == PEOPLE
        mails = Delivery.recipient.like("p%@example.org")
        assert db.session.query(Delivery).filter(mails).count() == PEOPLE
        created = db.session.query(Event).filter_by(name="InvitationCreated")
        assert created.filter(Event.invitation_id.in_([r.invitation_id for r in rows])).count() == (
            PEOPLE
        )
        assert db.session.query(Event).filter_by(name="ImportFinished").count() == 1
        while ALL_MAILS and outbox.drain():
            pass
        reached = Counter(mail.rcpt_to[0] for mail in smtp.messages)
        # Only a worker that was killed in the middle of sending one can have sent it before.
        twice = sum(reached.values()) - len(reached)
        print(f"{len(reached)} of {PEOPLE} mailed, {twice} of them twice")
        assert twice <= kills
        assert set(reached) <= {row.email for row in rows}
        assert len(reached) == PEOPLE or not ALL_MAILS
