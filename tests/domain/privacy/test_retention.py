"""Retention looks again under the lock: what was sent anew meanwhile is not erased."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.meanwhile import Queue, Somebody, once
from webapp.db import db
from webapp.domain import outbox
from webapp.domain.invitations import renewal_requests
from webapp.domain.operations import sweeps
from webapp.domain.organizations import settings
from webapp.domain.privacy import invitation_erasures, retention
from webapp.models import Invitation

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def test_what_is_renewed_between_finding_it_and_holding_it_stays(
    app, monkeypatch, travel, database
):
    made = cast.invited()
    token = cast.mailed_token(made)
    settings.change_invitations(
        cast.organization(),
        by=cast.person(),
        expiry_days=None,
        allowed_domains=None,
        retention_days=30,
    )
    travel(days=38)
    sweeps.expire()
    outbox.drain()
    invitee = Somebody(Queue(app, monkeypatch), lambda: renewal_requests.renew(token))
    came_to = []
    once(monkeypatch, invitation_erasures, "hold", lambda: came_to.append(invitee.comes_to()))
    retention.erase_due()
    outcome = invitee.outcome()
    db.session.expire_all()
    now = db.session.get_one(Invitation, made.id)
    if database.startswith("sqlite"):  # one writer: it is erased before it can be renewed
        assert (came_to, outcome) == (["waits"], "Gone")
        assert (now.state, now.is_erased) == ("expired", True)
    else:
        assert (came_to, outcome) == (["done"], "done")
        assert (now.state, now.email) == ("pending", "bo@example.org")
