"""Who is in, and when they last did something."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.db import db
from webapp.domain import memberships
from webapp.models import Membership


def last_seen(app, email=cast.PRIYA):
    with app.app_context():
        person = cast.person(email)
        return db.session.query(Membership).filter_by(user_id=person.id).one().last_seen_at


def act(priya):
    """Something that changes something; the answer is sent to its end."""
    priya.open("/orgs/acme/invitations/new")
    priya.send("/orgs/acme/invitations", follow=False, email="nonsense")
    priya.at.response.close()


def test_everybody_sees_who_is_in_and_in_which_role(browser):
    chen = browser(cast.CHEN)
    chen.open("/orgs/acme/members")
    assert [(row["Name"], row["Role"]) for row in chen.page.rows()] == [
        ("Priya Shah", "Admin"),
        ("Marco Rossi", "Manager"),
        ("Chen Wei", "Contributor"),
    ]
    assert "3 active members" in chen.page.words


@pytest.mark.parametrize(("email", "sees"), [(cast.MARCO, True), (cast.CHEN, False)])
def test_last_activity_is_for_admins_and_managers(browser, email, sees):
    somebody = browser(email)
    somebody.open("/orgs/acme/members")
    assert ("Last activity" in somebody.page.rows()[0]) == sees


def test_pages_of_members_go_on_where_the_last_ended(browser, monkeypatch):
    monkeypatch.setattr(memberships, "PAGE", 2)
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members")
    first = [row["Name"] for row in priya.page.rows()]
    priya.open(priya.page.links()["Next"])
    assert first + [row["Name"] for row in priya.page.rows()] == [
        "Priya Shah",
        "Marco Rossi",
        "Chen Wei",
    ]


def test_doing_something_moves_last_activity_at_most_every_five_minutes(browser, app, travel):
    priya = browser(cast.PRIYA)
    travel(minutes=6)
    act(priya)
    first = last_seen(app)
    travel(minutes=4)
    act(priya)
    assert last_seen(app) == first
    travel(minutes=2)
    priya.open("/orgs/acme/members").response.close()
    assert last_seen(app) == first
    act(priya)
    assert last_seen(app) > first


def test_an_activity_that_cannot_be_noted_fails_no_request(
    browser, app, travel, monkeypatch, caplog
):
    def fail(_):
        raise RuntimeError("details")

    monkeypatch.setattr(memberships, "seen", fail)
    travel(minutes=6)
    priya = browser(cast.PRIYA)
    act(priya)
    assert priya.status == 422
    assert "last activity was not written: RuntimeError" in caplog.text
