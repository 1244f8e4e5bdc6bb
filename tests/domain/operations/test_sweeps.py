"""What time brings about."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.db import db
from webapp.domain.operations import sweeps
from webapp.models import DailyCount, Event

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def test_what_ran_out_is_marked_batch_by_batch_with_one_event_each(travel, monkeypatch):
    monkeypatch.setattr(sweeps, "BATCH", 3)
    for number in range(8):
        cast.invited(f"p{number}@example.org", send=False)
    lasting = cast.invited("q@example.org", expiry_days=30, send=False)
    travel(days=8)
    assert sweeps.expire() == 8
    assert sweeps.expire() == 0
    expired = db.session.query(Event).filter_by(name="InvitationExpired").all()
    assert sorted(event.data["email"] for event in expired) == [
        f"p{number}@example.org" for number in range(8)
    ]
    db.session.refresh(lasting)
    assert lasting.state == "pending"


def test_yesterdays_counters_are_forgotten(travel):
    assert db.session.query(DailyCount).count() > 0
    assert sweeps.tidy() == 0
    travel(days=1)
    assert sweeps.tidy() > 0
    assert db.session.query(DailyCount).count() == 0
