"""The audit page: what an admin asks, and what the files hold."""

from __future__ import annotations

import json

from tests import cast
from webapp.db import db
from webapp.domain import invitations
from webapp.domain.invitations import link_status
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
    assert "No event matches." in answer.text


def test_every_sentence_says_whose_invitation_it_is_about(browser, app):
    with app.app_context():
        bo = cast.invited("bo@example.org")
        acme, priya = cast.organization(), cast.person()
        invitations.edit(acme, bo.id, by=priya, role="manager")
        link_status.note_opened(cast.mailed_token(bo))
        invitations.revoke(acme, bo.id, by=priya)
    priya = browser(cast.PRIYA)
    words = priya.open(AUDIT).page.words
    for sentence in (
        "Priya Shah changed the role of the invitation for bo@example.org.",
        "The link for bo@example.org was opened for the first time.",
        "Priya Shah revoked the invitation for bo@example.org.",
    ):
        assert sentence in words


def test_when_it_happened_is_said_in_words_and_to_the_second(browser, app):
    priya = browser(cast.PRIYA)
    row = priya.open(AUDIT).page.rows()[0]
    with app.app_context():
        at = db.session.query(Event).order_by(Event.at.desc(), Event.id.desc()).first().at
    assert row["When"] == f"just now {at:%Y-%m-%d %H:%M:%S} UTC"
    assert f'<time datetime="{at:%Y-%m-%dT%H:%M:%S}Z"' in priya.page.html


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


def test_a_reader_of_german_reads_it_in_german_and_downloads_it_in_english(browser, app):
    with app.app_context():
        cast.invited("bo@example.org")
    priya = browser(cast.PRIYA)
    priya.environ["HTTP_ACCEPT_LANGUAGE"] = "de"
    words = priya.open(AUDIT).page.words
    assert priya.page.heading == "Protokoll"
    assert "Priya Shah hat bo@example.org eingeladen, als Mitwirkende(r) beizutreten." in words
    names = [option.text for option in priya.page.root.find(".//select[@id='name']")]
    assert "Einladung angenommen" in names
    assert names[1:] == sorted(names[1:], key=str.lower)
    answer = priya.open(f"{AUDIT}?address=bo")
    assert answer.status == 422
    assert "Geben Sie die ganze Adresse ein" in answer.text
    for form in ("csv", "jsonl"):
        file = priya.open(f"{AUDIT}/trail.{form}").text
        assert "Priya Shah invited bo@example.org to join as a contributor." in file
        assert " hat " not in file
