"""A slow line, and somebody who presses twice: with scripts, and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways
from webapp.db import db
from webapp.models import Invitation, Session

SLOW = {"offline": False, "latency": 600, "downloadThroughput": -1, "uploadThroughput": -1}


def on_a_slow_line(visitor):
    line = visitor.context.new_cdp_session(visitor.page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)


def presses(visitor, name, times):
    """Press, and press again before the answer has come."""
    visitor.button(name).evaluate(
        """(button, times) => new Promise(done => {
             let left = times
             const press = () => { button.click(); --left ? setTimeout(press, 150) : done() }
             press()
           })""",
        times,
    ) if visitor.javascript else visitor.button(name).click(click_count=times, delay=100)


@both_ways
@pytest.mark.parametrize("times", [2, 3])
def test_two_clicks_on_create_account_and_join_land_in_the_organization(
    visitor, mailed_link, bo_is_invited, app, times
):
    bo = visitor()
    bo.open(mailed_link())
    bo.fill("Full name", "Bo Lind")
    bo.fill("Password", "seven bars and a half")
    on_a_slow_line(bo)
    presses(bo, "Create account and join", times)
    bo.sees_heading("Members of Acme")
    expect(bo.page.locator(".account")).to_contain_text("Bo Lind")
    bo.open("/account")
    bo.sees_heading("Your account")
    with app.app_context():
        user = cast.person("bo@example.org")
        assert db.session.query(Session).filter_by(user_id=user.id).count() == 1


@both_ways
def test_two_clicks_on_send_invitation_send_one_and_say_so(visitor, app):
    priya = visitor(cast.PRIYA)
    priya.press("Invite people")
    priya.fill("Email addresses", "bo@example.org")
    on_a_slow_line(priya)
    presses(priya, "Send invitation", 2)
    priya.is_told("Invitation sent to bo@example.org.")
    expect(priya.dialog).to_have_count(0)
    expect(priya.summary).to_have_count(0)
    priya.checked()
    with app.app_context():
        assert db.session.query(Invitation).filter_by(email="bo@example.org").count() == 1


@both_ways
def test_enter_after_a_refused_address_invites_the_corrected_one(visitor, bo_is_invited, app):
    priya = visitor(cast.PRIYA)
    priya.press("Invite people")
    priya.fill("Email addresses", "bo@example.org")
    priya.field("Email addresses").press("Enter")
    expect(priya.summary).to_contain_text("already has an open invitation")
    priya.checked()
    priya.fill("Email addresses", "bob@example.org")
    priya.field("Email addresses").press("Enter")
    priya.is_told("Invitation sent to bob@example.org.")
    with app.app_context():
        assert cast.invitation("bo@example.org").link_number == 1
        assert cast.invitation("bob@example.org") is not None
