"""Members and invitations of before there were ends keep all they had, and get nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask_migrate import upgrade
from sqlalchemy import text

from tests.support.settings import environment
from webapp import clock, create_app
from webapp.config import Settings
from webapp.db import db
from webapp.domain.members import end_notices, end_sweep
from webapp.domain.organizations import access_terms, memberships
from webapp.models import Event, Invitation, Membership, Organization

BEFORE = "0024"
ROWS = (
    "INSERT INTO organizations (id, slug, name, created_at, requires_second_factor, reminders,"
    " reminder_hours, reply_to_inviter) VALUES (1, 'acme', 'Acme', :now, false, true, 24, false)",
    "INSERT INTO users (id, email, email_key, full_name, password_hash, created_at)"
    " VALUES (1, 'priya@acme.example', 'priya@acme.example', 'Priya', '', :now)",
    "INSERT INTO memberships (id, organization_id, user_id, role, status, joined_at)"
    " VALUES (1, 1, 1, 'admin', 'active', :now)",
    "INSERT INTO user_invitations (id, organization_id, email, email_key, role, state, inviter_id,"
    " expiry_days, created_at, expires_at, secret, link_number, earlier_links)"
    " VALUES (1, 1, 'bo@example.org', 'bo@example.org', 'admin', 'pending', 1, 7, :now, :later,"
    " '0', 1, '')",
)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_they_have_no_end_and_no_sponsor_and_lose_nothing(kind, tmp_path, request):
    url = f"sqlite:///{tmp_path / 'before.db'}"
    if kind == "postgresql":
        url = request.getfixturevalue("postgres").create_database("before")
        request.addfinalizer(lambda: request.getfixturevalue("postgres").drop_database(url))
    app = create_app(Settings.from_mapping(environment(url, "unix:///nowhere.sock", 25)))
    with app.app_context():
        upgrade(revision=BEFORE)
        now = clock.now()
        with db.engine.begin() as connection:
            for row in ROWS:
                connection.execute(text(row), {"now": now, "later": now + timedelta(days=7)})
        upgrade()
        member = db.session.query(Membership).one()
        assert member.is_active_admin
        assert (member.ends_at, member.ended_at, member.sponsor_id) == (None, None, None)
        acme = db.session.query(Organization).one()
        assert acme.time_zone == "UTC"
        assert set(access_terms.of(acme).values()) == {access_terms.Term()}
        invitation = db.session.query(Invitation).one()
        assert (invitation.access_until, invitation.access_days) == (None, None)
        assert invitation.is_open(clock.now())
        assert (end_sweep.sweep(), end_notices.send_due()) == (0, 0)
        assert db.session.query(Event).count() == 0
        assert memberships.count(acme) == 1
        db.session.remove()
        db.engine.dispose()
