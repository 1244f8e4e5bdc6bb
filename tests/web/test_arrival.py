"""What somebody is told who has just joined, and the first steps of a new organization."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.domain import invitations, outbox
from webapp.domain.members import organization_setup
from webapp.domain.organizations import settings

NEWCOMER = "nina@new.example"
START = "/orgs/newco/invitations"


@pytest.fixture
def nina(app, browser):
    """Nina, who was invited by the operator and is alone in a new organization."""
    with app.app_context():
        token = cast.mailed_token(organization_setup.found("newco", "Newco", NEWCOMER))
    nina = browser()
    nina.open(f"/register?token={token}")
    nina.send("/register", full_name="Nina Berg", password="seven bars and a half")
    return nina


def steps(page):
    """Each step's words, and whether it is ticked off."""
    (found,) = [e for e in page.root.iter("ol") if e.get("class") == "steps"]
    return [(" ".join("".join(li.itertext()).split()), li.get("class") == "done") for li in found]


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("contributor", "You are a contributor. This page shows who else is here."),
        ("manager", "You are a manager. You can see who was invited"),
        ("admin", "You are an admin. You can invite people"),
    ],
)
def test_whoever_joins_is_welcomed_once_and_told_what_they_can_do(app, browser, role, words):
    with app.app_context():
        token = cast.mailed_token(cast.invited(role=role))
    bo = browser()
    bo.open(f"/register?token={token}")
    bo.send("/register", full_name="Bo Lind", password="seven bars and a half")
    assert f"Welcome to Acme, Bo Lind. {words}" in bo.page.words
    assert "first steps" not in bo.page.words
    assert "Welcome" not in bo.open(bo.at.response.request.path).page.words


def test_somebody_with_an_account_is_welcomed_as_well(app, browser):
    with app.app_context():
        token = cast.mailed_token(cast.invited(cast.CHEN, slug="evil"))
    chen = browser(cast.CHEN)
    chen.open("/orgs/acme/members")
    chen.open(f"/register?token={token}")
    chen.send("/register/join")
    assert "Welcome to Evil Corp, Chen Wei." in chen.page.words


def test_the_first_admins_steps_tick_themselves_off_and_vanish(app, nina):
    assert "Welcome to Newco, Nina Berg." in nina.page.words
    assert [ticked for _, ticked in steps(nina.page)] == [False, False, False]
    with app.app_context():
        newco, person = cast.organization("newco"), cast.person(NEWCOMER)
        settings.change_team(newco, by=person, name="New Co", requires_second_factor=False)
        invitations.create(newco, by=person, email="bo@example.org", role="contributor")
    assert [ticked for _, ticked in steps(nina.open(START).page)] == [True, True, False]
    assert "Invite somebody (done)" in nina.page.words
    with app.app_context():
        outbox.drain()
    assert "first steps" not in nina.open(START).page.words


def test_the_steps_end_when_somebody_else_has_joined_or_after_a_month(app, nina, browser, travel):
    travel(days=31)
    assert nina.sign_in(NEWCOMER, "seven bars and a half") is None
    assert "first steps" not in nina.open(START).page.words
    assert "first steps" not in browser(cast.PRIYA).open("/orgs/acme/invitations").page.words


def test_the_steps_can_be_dismissed(nina):
    nina.send("/arrival/dismiss")
    assert nina.page.heading == "Invitations"
    assert "first steps" not in nina.page.words
    assert "first steps" not in nina.open(START).page.words
