"""Webhooks leave by the worker; one that is killed while it speaks loses nothing."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.processes import kill, wait_until
from tests.support.receiver import Hold, Receiver
from webapp.db import db
from webapp.domain.webhooks import claims, sending
from webapp.domain.webhooks import secrets as webhook_secrets
from webapp.models import WebhookDelivery


@pytest.fixture
def settings(settings):
    """This machine may be told."""
    return {**settings, "WEBHOOK_LOOPBACK": "on"}


@pytest.mark.both_databases
def test_killed_while_it_speaks_it_is_said_again_with_the_same_id(app, process, secrets, travel):
    with Receiver(204, Hold()) as there:
        worker = process("jobs.worker")
        with app.app_context():
            hook = cast.webhook(there.url, event_names=["InvitationCreated"])
            secrets.learn(webhook_secrets.shown(hook))
            for name in "abc":
                cast.invited(f"{name}@example.org", send=False)
        wait_until(lambda: len(there.heard) == 2)
        kill(worker)
        with app.app_context():
            assert sending.send() == {}  # the lease is the dead one's
            travel(seconds=claims.LEASE.total_seconds() + 1)
            assert sending.send() == {"delivered": 2}
            states = {state for (state,) in db.session.query(WebhookDelivery.state)}
        assert states == {"delivered"}
        ids = [one.id for one in there.heard]
        assert ids[1] == ids[2]
        assert len(set(ids)) == 3
