"""The audit page: what an admin asks, and what the files hold."""

from __future__ import annotations

import json

from tests import cast
from webapp.db import db
from webapp.models import Event

AUDIT = "/orgs/acme/audit"


def test_an_admin_sees_what_happened_and_asks_for_some_of_it(browser, app):
    priya = browser(cast.PRIYA)
    with app.app_context():
        cast.invited("bo@example.org")
    answer = priya.open("/audit")
    assert priya.page.heading == "Audit trail"
    assert "Priya Shah invited bo@example.org to join as a contributor." in answer.text
    answer = priya.open(f"{AUDIT}?name=InvitationAccepted&address=chen@acme.example")
    assert "chen@acme.example accepted and joined as a contributor." in answer.text
    assert "bo@example.org" not in answer.text
    with app.app_context():
        marco = cast.person(cast.MARCO).id
    answer = priya.open(f"{AUDIT}?person={marco}&from=2020-01-01&to=2020-01-02")
    assert "Nothing like that is on record." in answer.text


def test_what_cannot_be_read_is_said_beside_its_field_and_kept(browser):
    priya = browser(cast.PRIYA)
    answer = priya.open(f"{AUDIT}?address=bo&from=once&to=2026-13-01")
    assert answer.status == 422
    assert "Enter the whole address" in answer.text
    assert 'value="once"' in answer.text
    assert priya.open(f"{AUDIT}/trail.csv?address=bo").status == 422


def test_the_files_hold_the_same_events_and_are_on_record(browser, app):
    priya = browser(cast.PRIYA)
    answer = priya.open(f"{AUDIT}/trail.jsonl?name=InvitationAccepted")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="acme-audit.jsonl"'
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["name"] for line in lines] == ["InvitationAccepted"] * 3
    answer = priya.open(f"{AUDIT}/trail.csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert cast.EVE not in answer.text
    with app.app_context():
        assert db.session.query(Event).filter_by(name="DataExported").count() == 2


def test_only_admins_find_it_in_the_navigation(browser):
    assert AUDIT in browser(cast.PRIYA).open("/orgs/acme/members").text
    assert AUDIT not in browser(cast.MARCO).open("/orgs/acme/members").text
