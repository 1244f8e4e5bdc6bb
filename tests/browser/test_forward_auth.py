"""Into an application behind nginx and out again, with a real browser."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from tests import cast
from tests.browser.inspection import OVERFLOW
from tests.browser.visitor import Visitor, both_ways
from tests.browser.windows import SIZE, WATCH, Window
from tests.support import gate_proxies, relying_party
from tests.support.echo import echoing
from tests.support.ports import free_port
from webapp import clock
from webapp.db import db, transaction
from webapp.models import Application, User
from webapp.web import proxy_blocks


@pytest.fixture
def wiki(app, site, tmp_path):
    """The address of an application behind nginx, which shows what it was sent."""
    host = f"localhost:{free_port()}"
    with app.test_request_context():
        made = cast.application(home_url=f"https://{host}/")
        block = proxy_blocks.of(made)[0].text
    with echoing() as upstream, gate_proxies.nginx(block, host, upstream, tmp_path):
        yield f"https://{host}"


@pytest.fixture
def planning(browser, site):
    """The address of an application that signs people in by OpenID Connect."""
    with relying_party.running(browser(), site) as address:
        yield address


@pytest.fixture
def chen(chromium, site, secrets, javascript):
    """Chen, who is signed in nowhere, at a browser that trusts the test's certificates."""
    context = chromium.new_context(
        java_script_enabled=javascript, viewport=SIZE, ignore_https_errors=True
    )
    context.add_init_script(WATCH)
    page = context.new_page()
    person = Visitor(Window(page, context.new_cdp_session(page), javascript), site, secrets)
    yield person
    person.leave()
    context.close()


@transaction()
def change(model, **columns):
    """All rows of it, with other columns."""
    db.session.execute(update(model).values(**columns))


@both_ways
def test_there_and_back(chen, wiki, app):
    chen.elsewhere = wiki
    chen.open(f"{wiki}/page?a=1")
    chen.sees_heading("Sign in")
    chen.fill("Email address or username", cast.CHEN)
    chen.fill("Password", cast.PASSWORD)
    chen.press("Sign in")
    chen.page.wait_for_url(f"{wiki}/page?a=1")
    sent = dict(json.loads(chen.page.locator("body").inner_text())["headers"])
    assert sent["Remote-User"] == cast.CHEN
    chen.open(f"{wiki}/.gatehouse/sign-out")
    chen.sees_heading("Leave Wiki?")
    looked_at(chen)
    chen.press("Leave")
    chen.sees_heading("You have left Wiki")
    looked_at(chen)
    chen.press("Enter again")
    chen.page.wait_for_url(f"{wiki}/")
    with app.app_context():
        change(Application, paused_at=clock.now())
    chen.open(f"{wiki}/")
    assert chen.status == 403
    chen.sees_heading("You may not enter Wiki")
    looked_at(chen)
    chen.open(f"{wiki}/.gatehouse/enter?code=none&to=/page")
    assert chen.page.url == f"{wiki}/page"  # still on a visit, though paused
    chen.open("/gate/failed?application=acme/wiki&to=/page")
    chen.sees_heading("That did not work")
    looked_at(chen)
    with app.app_context():
        change(Application, paused_at=None, needs_second_factor=True)
        change(User, totp_since=None)
    chen.open("/gate/enter?application=acme/wiki")
    chen.sees_heading("You may not enter Wiki")
    looked_at(chen)
    chen.press("Turn on a second factor")
    chen.sees_heading("Second factor")


@pytest.mark.parametrize("javascript", [False], ids=["no-js"])
@pytest.mark.parametrize("kind", ["wiki", "planning"])
def test_a_closed_application_opens_by_the_keyboard_alone_on_a_phone(chen, kind, request):
    address = chen.elsewhere = request.getfixturevalue(kind)
    chen.page.set_viewport_size({"width": 320, "height": 640})
    chen.open(f"{address}/page")
    chen.sees_heading("Sign in")
    chen.tabs_to(chen.field("Email address or username"))
    chen.types(cast.CHEN)
    chen.strikes("Tab")
    chen.types("not my password")
    chen.strikes("Enter")
    expect(chen.summary).to_be_visible()
    assert chen.page.evaluate(OVERFLOW) == []
    chen.tabs_to(chen.field("Password"))
    chen.types(cast.PASSWORD)
    chen.tabs_to(chen.button("Sign in"))
    chen.strikes("Enter")
    chen.page.wait_for_url(f"{address}/**")
    expect(chen.page.locator("body")).to_contain_text(cast.CHEN)


def test_a_visit_is_left_by_the_keyboard_alone(chen, wiki):
    chen.elsewhere = wiki
    chen.sign_in(cast.CHEN)
    chen.open(f"{wiki}/.gatehouse/sign-out")
    chen.tabs_to(chen.button("Leave"))
    chen.strikes("Enter")
    chen.sees_heading("You have left Wiki")


def looked_at(person):
    """The page is in order, on a phone as well."""
    person.page.set_viewport_size({"width": 320, "height": 800})
    assert person.page.evaluate(OVERFLOW) == []
    person.page.set_viewport_size(SIZE)
    person.checked()
