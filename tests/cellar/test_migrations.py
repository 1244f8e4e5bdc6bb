"""Databases that were in use go from the first tables to the newest, and back."""

from __future__ import annotations

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from tests.support.settings import environment
from webapp import create_app
from webapp.config import Settings
from webapp.db import db

ROWS = """
INSERT INTO organizations (id, slug, name, created_at) VALUES (1, 'acme', 'Acme', '2026-11-01');
INSERT INTO users (id, email, email_key, full_name, password_hash, created_at)
    VALUES (1, 'a@b.example', 'a@b.example', 'A', 'x', '2026-11-01');
INSERT INTO memberships (organization_id, user_id, role, status, joined_at)
    VALUES (1, 1, 'admin', 'active', '2026-11-01');
INSERT INTO sessions (user_id, organization_id, token_hash, created_at, expires_at, address, device)
    VALUES (1, 1, 't', '2026-11-01', '2026-12-01', '', '');
INSERT INTO deliveries (organization_id, kind, recipient, message_id, state, attempts, created_at,
    tried_since, due_at) VALUES (1, 'invitation', 'a@b.example', 'm', 'sent', 1, '2026-11-01',
    '2026-11-01', '2026-11-01');
INSERT INTO events (organization_id, name, at, actor, request_id, data)
    VALUES (1, 'OrganizationCreated', '2026-11-01', 'operator', '-', '{}')
"""
TABLES = ("organizations", "users", "memberships", "sessions", "deliveries", "events")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path):
    """An application over a database without tables."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").create_database("empty")
        request.addfinalizer(lambda: request.getfixturevalue("postgres").drop_database(url))
    app = create_app(Settings.from_mapping(environment(url, "unix:///nowhere.sock", 25)))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def counts():
    with db.engine.connect() as connection:
        return [connection.scalar(text(f"SELECT COUNT(*) FROM {table}")) for table in TABLES]


def test_rows_that_refer_to_each_other_live_through_every_migration_and_back(empty):
    upgrade(revision="0001")
    with db.engine.begin() as connection:
        for statement in ROWS.split(";"):
            connection.execute(text(statement))
    upgrade()
    assert counts() == [1] * len(TABLES)
    with db.engine.connect() as connection:
        used = connection.scalar(text("SELECT last_used_at FROM sessions"))
        assert str(used).startswith("2026-11-01")
    downgrade(revision="0001")
    assert counts() == [1] * len(TABLES)
    upgrade()
    assert counts() == [1] * len(TABLES)
