"""One's own data, complete and without anybody else's."""

from __future__ import annotations

import json

from tests import cast
from webapp.db import db
from webapp.domain.invitations import acceptances, links
from webapp.models import Event


def test_everything_about_oneself_is_in_the_file_and_nothing_about_others(browser, app):
    chen = browser(cast.CHEN)
    answer = chen.open("/account/data.json")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    data = json.loads(answer.text)
    assert data["account"]["email"] == cast.CHEN
    assert data["memberships"] == [
        data["memberships"][0]
        | {"organization": "acme", "organization_name": "Acme", "role": "contributor"}
    ]
    assert data["invitations"][0]["state"] == "accepted"
    assert {event["name"] for event in data["events"]} >= {"InvitationAccepted", "SignedIn"}
    assert cast.MARCO not in answer.text
    assert "hash" not in answer.text
    with app.app_context():
        (event,) = db.session.query(Event).filter_by(name="DataExported")
        assert event.actor_id == cast.person(cast.CHEN).id


def test_who_has_not_confirmed_their_address_takes_nothing_of_other_organizations(browser, app):
    with app.app_context():
        token = links.token(cast.invited("bo@example.org", slug="evil"), links.COPIED)
        acceptances.accept(token, full_name="Not Bo", password=cast.PASSWORD)
        cast.invited("bo@example.org", message="Only for Bo")
    data = json.loads(browser("bo@example.org").open("/account/data.json").text)
    assert {one["organization_name"] for one in data["invitations"]} == {"Evil Corp"}
    made = [event for event in data["events"] if event["name"] == "InvitationCreated"]
    assert len(made) == 1


def test_a_signed_out_visitor_gets_nobodys_data(browser):
    assert browser().open("/account/data.json", follow=False).status == 303


def test_taking_it_too_often_is_slowed(browser):
    chen = browser(cast.CHEN, check=False)
    statuses = [chen.open("/account/data.json").status for _ in range(11)]
    assert statuses == [200] * 10 + [429]
