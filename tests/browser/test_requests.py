"""Requests from suggesting somebody to their joining: with scripts and without, and by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways
from tests.domain.requests.test_requests import change_settings, end_of_chen, newest, propose
from tests.support.lynx import Lynx
from webapp.models import Request

BO, MAY = "bo@example.org", "may@example.org"
REQUESTS = "/orgs/acme/requests"


@pytest.fixture
def on(app):
    """Acme lets strangers ask."""
    with app.app_context():
        change_settings(takes_asks=True)


@both_ways
def test_a_member_suggests_somebody_who_is_invited_and_joins(visitor, app, mailed_link):
    chen = visitor(cast.CHEN, at="/orgs/acme/members")
    chen.press("Suggest somebody")
    chen.checked()
    chen.press("Suggest")
    assert chen.status == 422
    expect(chen.summary).to_be_focused()
    chen.checked()
    chen.fill("Email address", BO)
    chen.fill("Why they should join", "Drives trucks.")
    chen.press("Suggest")
    chen.sees_heading("Requests")
    chen.sees_in_row(BO, "Suggested", "Waiting")
    chen.checked()

    priya = visitor(cast.PRIYA, at="/orgs/acme/members")
    priya.page.get_by_role("link", name="Requests (1)").click()
    priya.sees_heading("Requests")
    priya.checked()
    priya.open(f"{REQUESTS}/{number(app)}")
    priya.sees_heading(BO)
    priya.checked()
    priya.choose("Role", "Contributor")
    priya.press("Approve")
    priya.is_told("Invitation sent to bo@example.org.")
    bo = visitor()
    bo.open(mailed_link())
    bo.registers("Bo Lind")
    bo.sees_heading("Members of Acme")


@both_ways
def test_a_stranger_asks_and_several_are_decided_at_once(visitor, app, on):
    bo = visitor()
    bo.open("/ask/acme")
    expect(bo.field("Email address")).to_be_focused()
    bo.checked()
    bo.fill("Email address", "not an address")
    bo.press("Ask to join")
    assert bo.status == 422
    expect(bo.summary).to_be_focused()
    bo.checked()
    bo.fill("Email address", BO)
    bo.fill("Why you want to join", "I know Chen.")
    bo.press("Ask to join")
    bo.sees_heading("Thank you")
    bo.checked()
    with app.app_context():
        propose(MAY)

    priya = visitor(cast.PRIYA, at=REQUESTS)
    for email in (BO, MAY):
        priya.page.get_by_label(f"Select the request about {email}").check()
    priya.press("Approve the selected requests")
    expect(priya.page.get_by_role("heading", name="Approve 2 requests?")).to_be_visible()
    priya.checked()
    priya.press("Approve")
    priya.is_told("2 requests approved.")
    priya.checked()


@both_ways
def test_a_member_asks_to_stay(visitor, app):
    with app.app_context():
        end_of_chen()
    chen = visitor(cast.CHEN, at="/orgs/acme/members")
    chen.press("ask to stay")
    chen.checked()
    chen.fill("Why you still need access", "The course goes on.")
    chen.press("Ask to stay")
    chen.is_told("Your sponsor or an admin will decide.")
    priya = visitor(cast.PRIYA, at=f"{REQUESTS}/{number(app)}")
    priya.checked()
    priya.press("Approve")
    priya.is_told("The access of Chen Wei lasts until")


def test_a_stranger_asks_with_the_keyboard_alone(visitor, app, on):
    bo = visitor()
    bo.open("/ask/acme")
    bo.types(BO)
    bo.tabs_to(bo.field("Why you want to join"))
    bo.types("I know Chen.")
    bo.tabs_to(bo.page.get_by_role("button", name="Ask to join"))
    bo.strikes("Enter")
    bo.sees_heading("Thank you")
    with app.app_context():
        assert newest().reason == "I know Chen."


def test_an_admin_approves_with_a_role_and_groups_by_the_keyboard_alone(visitor, app):
    with app.app_context():
        cast.group()
        propose(BO, role="manager")
    priya = visitor(cast.PRIYA, at=f"{REQUESTS}/{number(app)}")
    priya.tabs_to(priya.field("Role"))
    priya.types("Con")
    priya.tabs_to(priya.page.get_by_label("Drivers"))
    priya.strikes("Space")
    priya.tabs_to(priya.page.get_by_role("button", name="Approve"))
    priya.strikes("Enter")
    priya.is_told("Invitation sent to bo@example.org.")
    with app.app_context():
        invited = cast.invitation(BO)
        assert (invited.role, [group.slug for group in invited.groups]) == (
            "contributor",
            ["drivers"],
        )


def test_somebody_asks_to_join_in_a_text_browser(tmp_path, site, app, on):
    bo = Lynx(tmp_path)
    page = bo.send(f"{site}/ask/acme", "Ask to join")
    assert "There is a problem" in page
    page = bo.send(f"{site}/ask/acme", "Ask to join", {"Email address": BO})
    assert "Thank you" in page
    with app.app_context():
        assert newest().email == BO


def test_requests_are_made_and_approved_in_a_text_browser(tmp_path, site, app):
    with app.app_context():
        end_of_chen()
        cast.group()
    reader = Lynx(tmp_path)
    signed_in(reader, site, cast.CHEN)
    typed = {"Email address": BO, "Why they should join": "Drives trucks."}
    page = reader.send(f"{site}{REQUESTS}/new", "Suggest", typed)
    assert "The admins will decide about bo@example.org." in page
    suggested = number(app)
    page = reader.send(f"{site}{REQUESTS}/stay", "Ask to stay")
    assert "Your sponsor or an admin will decide." in page
    reader.send(f"{site}/orgs/acme/members", "Sign out")
    signed_in(reader, site, cast.PRIYA)
    page = reader.read(f"{site}{REQUESTS}/{suggested}")
    assert page.index("Chen Wei") < page.index("Drives trucks.") < page.index("Approve")
    page = reader.send(f"{site}{REQUESTS}/{suggested}", "Approve", ticked=["Drivers"])
    assert "Invitation sent to bo@example.org." in page
    with app.app_context():
        assert [group.slug for group in cast.invitation(BO).groups] == ["drivers"]


def signed_in(reader, site, email):
    typed = {"Email address or username": email, "Password": cast.PASSWORD}
    assert "Members" in reader.send(f"{site}/login", "Sign in", typed)


def test_focus_returns_to_the_button_that_opened_the_question(visitor, app):
    with app.app_context():
        propose(BO)
        propose(MAY)
    priya = visitor(cast.PRIYA, at=REQUESTS)
    priya.page.get_by_label(f"Select the request about {BO}").check()
    decline = priya.page.get_by_role("button", name="Decline the selected requests")
    priya.tabs_to(decline)
    priya.strikes("Enter")
    expect(priya.page.get_by_role("heading", name="Decline 1 request?")).to_be_focused()
    priya.strikes("Escape")
    expect(decline).to_be_focused()


def number(app):
    with app.app_context():
        found: Request = newest()
        return found.id
