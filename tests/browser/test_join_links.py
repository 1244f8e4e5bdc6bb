"""A join link from making it to joining by it: with scripts and without, by keyboard, in lynx."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways
from tests.support.lynx import Lynx
from webapp.db import db
from webapp.models import JoinLink

PASSWORD = "seven bars and a half"


@pytest.fixture
def code(app, secrets):
    """The code of a link of Acme's."""
    with app.app_context():
        code = cast.code_of(cast.join_link())
    secrets.learn(code)
    return code


@both_ways
def test_an_admin_makes_a_link_and_somebody_joins_by_it(visitor, app, secrets, mailed_link):
    priya = visitor(cast.PRIYA, at="/orgs/acme/invitations")
    priya.press("Join links")
    priya.press("Create a link")
    priya.fill("Label", "Course in March")
    priya.press("Create link")
    assert priya.status == 422
    expect(priya.summary).to_be_focused()
    priya.checked()
    priya.fill("How many people", "20")
    priya.press("Create link")
    priya.sees_heading("Course in March")
    priya.checked()
    address = priya.field("Link").input_value()
    secrets.learn(priya.field("Code").input_value())
    expect(priya.page.get_by_role("img", name="The link as a QR code")).to_be_visible()

    bo = visitor()
    bo.open(address)
    bo.sees_heading("Join Acme")
    expect(bo.field("Email address")).to_be_focused()
    bo.fill("Email address", "not an address")
    bo.press("Email me an invitation")
    assert bo.status == 422
    expect(bo.summary).to_be_focused()
    bo.checked()
    bo.fill("Email address", "bo@example.org")
    bo.press("Email me an invitation")
    bo.sees_heading("Check your mail")
    bo.checked()
    bo.open(mailed_link())
    bo.registers("Bo Lind")
    bo.sees_heading("Members of Acme")

    priya.open("/orgs/acme/links")
    priya.sees_in_row("Course in March", "1 of 20", "Active")
    priya.press("Course in March")
    priya.press("Pause")
    priya.is_told("The link is paused.")
    bo.open(address)
    bo.sees_heading("This link is paused")
    bo.checked()
    priya.press("Revoke the link")
    priya.checked()
    priya.press("Revoke the link")
    priya.is_told("is revoked.")
    priya.checked()


def test_a_code_is_typed_and_an_address_with_the_keyboard_alone(visitor, code):
    bo = visitor()
    bo.open("/join")
    bo.tabs_to(bo.field("Code"))
    bo.types(code.lower().replace("-", ""))
    bo.strikes("Enter")
    bo.sees_heading("Join Acme")
    bo.tabs_to(bo.field("Email address"))
    bo.types("bo@example.org")
    bo.strikes("Enter")
    bo.sees_heading("Check your mail")


def test_somebody_joins_by_a_code_in_a_text_browser(
    tmp_path, site, app, secrets, code, mailed_link
):
    secrets.learn(PASSWORD)
    bo = Lynx(tmp_path)
    page = bo.send(f"{site}/join", "Continue", {"Code": code.lower()})
    assert "With this link you can join Acme as a contributor." in page
    page = bo.send(
        f"{site}/join/{code}", "Email me an invitation", {"Email address": "bo@example.org"}
    )
    assert "Check your mail" in page
    typed = {"Full name": "Bo Lind", "Password": PASSWORD}
    page = bo.send(mailed_link(), "Create account and join", typed)
    assert "Members of Acme" in page
    with app.app_context():
        assert cast.invitation("bo@example.org").join_link_id == db.session.query(JoinLink).one().id
