"""Two schedulers at once, as compose.yaml starts them, and every duty is done once."""

from __future__ import annotations

from collections import Counter

import pytest

from jobs.schedule import SCHEDULE
from tests import cast
from tests.support.processes import SECONDS, wait_until
from tests.support.receiver import Receiver
from webapp import clock
from webapp.db import db
from webapp.domain import imports, outbox
from webapp.domain.operations import job_runs, tallies
from webapp.domain.webhooks import secrets as webhook_secrets
from webapp.models import Event, Invitation, WebhookDelivery

EACH = 10
HEARD_OF = ["InvitationExpired", "InvitationReminded", "InvitationCreated"]


@pytest.fixture
def settings(settings):
    """This machine may be told."""
    return {**settings, "WEBHOOK_LOOPBACK": "on"}


def invite(letter, **options):
    for number in range(EACH):
        cast.invited(f"{letter}{number}@example.org", **options)


def runs(app):
    """How often each job has run, and the scheduler's own row."""
    with app.app_context():
        db.session.rollback()
        return {run.name: run.runs for run in job_runs.everything()}


def events(app):
    with app.app_context():
        db.session.rollback()
        return Counter(name for (name,) in db.session.query(Event.name))


def told(app):
    with app.app_context():
        db.session.rollback()
        return Counter(state for (state,) in db.session.query(WebhookDelivery.state))


@pytest.mark.both_databases
def test_two_schedulers_without_redis_do_every_duty_and_each_once(
    app, process, smtp, redis, secrets
):
    """They run the jobs themselves then, both at the same moment: nothing else keeps them apart."""
    with app.app_context():
        with clock.ahead(days=-8):
            invite("expired", send=False)
        with clock.ahead(days=-6.5):
            invite("reminded")
            outbox.drain()
        smtp.messages.clear()
    redis.kill()
    with Receiver() as there, app.app_context():
        hook = cast.webhook(there.url, event_names=HEARD_OF)
        secrets.learn(webhook_secrets.shown(hook))
        invite("invited")
        listed = cast.listed("\n".join(f"listed{number}@example.org" for number in range(EACH)))
        imports.start(cast.organization(), listed.id, by=cast.person())
        db.session.rollback()
        before = events(app)
        schedulers = [process("jobs.schedule") for _ in range(2)]
        wait_until(lambda: len({mail.rcpt_to[0] for mail in smtp.messages}) == 3 * EACH)
        wait_until(lambda: set(told(app)) == {"delivered"} and told(app).total() == 4 * EACH)
        wait_until(lambda: runs(app).get("jobs.sweeps.tidy") == 2)
        for scheduler in schedulers:
            scheduler.terminate()
        assert [scheduler.wait(SECONDS) for scheduler in schedulers] == [0, 0]
        heard = Counter(one.id for one in there.heard)
    assert set(runs(app)) == {*SCHEDULE, job_runs.SCHEDULER}
    assert all(count >= 2 for count in runs(app).values())
    mails = Counter(mail.rcpt_to[0] for mail in smtp.messages)
    groups = ("reminded", "invited", "listed")
    assert set(mails) == {f"{group}{n}@example.org" for group in groups for n in range(EACH)}
    assert set(mails.values()) == {1}
    new = events(app) - before
    assert new["InvitationExpired"] == new["InvitationReminded"] == new["InvitationCreated"] == EACH
    assert len(heard) == 4 * EACH
    assert set(heard.values()) == {1}
    with app.app_context():
        db.session.rollback()
        assert db.session.query(Invitation).filter(Invitation.email.like("listed%")).count() == EACH
        assert tallies.of("event") == dict(events(app))
