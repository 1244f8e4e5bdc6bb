"""The trail at a shell: taken along, and held against its seals."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from tests import cast
from webapp.connections import writing
from webapp.db import db
from webapp.models import Event

pytestmark = pytest.mark.both_databases


def test_the_trail_is_written_out_and_an_unknown_wish_is_refused(flask):
    done = flask("audit", "export", "acme", "--name", "InvitationAccepted")
    assert [json.loads(line)["name"] for line in done.stdout.splitlines()] == [
        "InvitationAccepted"
    ] * 3
    done = flask("audit", "export", "acme", "--format", "csv")
    assert "DataExported" in done.stdout
    assert "The operator downloaded a copy of the audit trail." in done.stdout
    assert flask("audit", "export", "acme", "--since", "once").returncode == 1


def test_a_changed_line_is_named_and_the_exit_code_says_so(flask, app):
    done = flask("audit", "verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert "acme: " in done.stdout
    with app.app_context():
        acmes = {"name": "InvitationAccepted", "organization_id": cast.organization().id}
        event, last = db.session.query(Event).filter_by(**acmes).limit(2)
        options = writing(db.engine.dialect)
        with db.engine.connect().execution_options(**options) as somebody, somebody.begin():
            if db.engine.dialect.name == "postgresql":
                somebody.execute(text("SET LOCAL session_replication_role = replica"))
            for one in (event, last):
                somebody.execute(text(f"UPDATE events SET actor = 'system' WHERE id = {one.id}"))
    done = flask("audit", "verify")
    assert done.returncode == 1
    for one in (event, last):
        assert f"event {one.id}: This event, InvitationAccepted of " in done.stdout
    assert flask("audit", "verify", "evil").returncode == 0
