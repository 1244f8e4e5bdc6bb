"""The second factor through its pages."""

from __future__ import annotations

import re

import pyotp
import pytest

from tests import cast
from webapp import clock
from webapp.domain.accounts import password_resets
from webapp.domain.organizations import settings


def secret_of(page):
    return re.search(r'id="secret" value="([A-Z2-7]+)"', page.html)[1]


def code_of(secret):
    return pyotp.TOTP(secret).at(clock.now())


@pytest.fixture
def secret(browser, secrets, travel):
    """The secret of Priya's second factor, switched on by its page."""
    priya = browser(cast.PRIYA)
    priya.open("/account/second-factor")
    secret = secret_of(priya.page)
    secrets.learn(secret)
    priya.send("/account/second-factor", password=cast.PASSWORD, code=code_of(secret))
    assert "The second factor is on." in priya.page.messages
    travel(seconds=60)
    return secret


def test_a_wrong_code_keeps_the_same_secret_and_codes(browser):
    priya = browser(cast.PRIYA)
    priya.open("/account/second-factor")
    before = secret_of(priya.page), re.search(r"<pre>(.*?)</pre>", priya.page.html, re.S)[1]
    priya.send("/account/second-factor", password=cast.PASSWORD, code="000000")
    assert priya.status == 422
    assert "The code is not right." in priya.page.problems[0]
    after = secret_of(priya.page), re.search(r"<pre>(.*?)</pre>", priya.page.html, re.S)[1]
    assert after == before
    assert len(before[1].split()) == 10


def test_a_page_that_was_open_too_long_begins_anew(browser, travel):
    priya = browser(cast.PRIYA)
    priya.open("/account/second-factor")
    old = secret_of(priya.page)
    travel(hours=2)
    priya.send("/account/second-factor", password=cast.PASSWORD, code=code_of(old))
    assert priya.status == 422
    assert "open too long" in priya.page.problems[0]
    fresh = secret_of(priya.page)
    assert fresh != old
    priya.send("/account/second-factor", password=cast.PASSWORD, code=code_of(fresh))
    assert "The second factor is on." in priya.page.messages


def test_signing_in_takes_two_steps_and_goes_where_one_was_going(browser, secret):
    priya = browser()
    priya.open("/orgs/acme/members")
    priya.send("/login", email=cast.PRIYA, password=cast.PASSWORD)
    assert priya.page.heading == "Enter your code"
    assert priya.client.get_cookie("gatehouse") is None
    priya.open("/orgs/acme/members")
    assert priya.page.heading == "Sign in"
    priya.open("/login/code?next=/orgs/acme/members")
    priya.send("/login/code", code="000000")
    assert priya.status == 422
    priya.send("/login/code", code=code_of(secret))
    assert priya.page.heading == "Members of Acme"


def test_without_the_first_step_there_is_no_second(browser, secret):
    somebody = browser()
    somebody.open("/login/code")
    assert somebody.page.heading == "Sign in"
    token = somebody.page.form("/login").fields["csrf_token"]
    somebody.post("/login/code", {"csrf_token": token, "code": code_of(secret)})
    assert somebody.status == 422


def test_guessing_codes_is_slowed_however_often_one_begins_again(browser, secret):
    statuses = []
    for number in range(12):
        guesser = browser(address="192.0.2.7")
        guesser.sign_in(cast.PRIYA, cast.PASSWORD)
        if guesser.status == 200:
            guesser.send("/login/code", code=f"{number:06}")
        statuses.append(guesser.status)
    assert statuses == [422] * 10 + [429] * 2


def test_whoever_has_the_password_cannot_keep_the_owner_from_the_code_page(browser, secret):
    thief = browser(address="192.0.2.7")
    thief.sign_in(cast.PRIYA, cast.PASSWORD)
    for number in range(11):
        thief.send("/login/code", code=f"{number:06}")
        if thief.status == 429:
            break
    assert thief.status == 429
    owner = browser(address="192.0.2.8")
    owner.sign_in(cast.PRIYA, cast.PASSWORD)
    owner.send("/login/code", code=code_of(secret))
    assert owner.page.heading == "Invitations"


def test_the_password_alone_makes_no_browser_known(browser, secret):
    thief = browser()
    thief.sign_in(cast.PRIYA, cast.PASSWORD)
    assert thief.page.heading == "Enter your code"
    assert thief.client.get_cookie("gatehouse_device") is None
    thief.send("/login/code", code=code_of(secret))
    assert thief.client.get_cookie("gatehouse_device") is not None


def test_switching_it_off_takes_the_password(browser, secret):
    priya = browser()
    priya.sign_in(cast.PRIYA, cast.PASSWORD)
    priya.send("/login/code", code=code_of(secret))
    priya.open("/account/second-factor")
    assert "You have 10 recovery codes left" in priya.page.words
    priya.send("/off", password="a guess at it")
    assert priya.status == 422
    priya.send("/off", password=cast.PASSWORD)
    assert "The second factor is off." in priya.page.messages
    assert browser(cast.PRIYA).page.heading == "Invitations"


def test_joining_asks_for_it_only_where_it_is_set(browser, app, secret):
    with app.app_context():
        asked = cast.mailed_token(cast.invited(cast.PRIYA, slug="evil"))
        unasked = cast.mailed_token(cast.invited(cast.EVE))
    eve = browser()
    eve.open(f"/register?token={unasked}")
    assert "code" not in eve.page.form("/register/join").fields
    priya = browser()
    priya.open(f"/register?token={asked}")
    for nothing in ("", "  "):
        priya.send("/register/join", password=cast.PASSWORD, code=nothing)
        assert "Enter the code from your app." in priya.page.problems[0]
    priya.send("/register/join", password=cast.PASSWORD, code="000000")
    assert "The code is not right." in priya.page.problems[0]
    priya.send("/register/join", password=cast.PASSWORD, code=code_of(secret))
    assert "Members of Evil Corp" in priya.page.words


def test_an_organization_that_asks_for_it_says_so_first_and_lets_nobody_in_without(browser, app):
    with app.app_context():
        settings.require_second_factor(cast.organization(), True)
        token = cast.mailed_token(cast.invited())
    bo = browser()
    bo.open(f"/register?token={token}")
    assert "Acme asks its members for a second factor" in bo.page.words
    bo.send("/register", full_name="Bo", password="seven bars and a half")
    assert bo.page.heading == "Second factor"
    assert "Acme requires a second factor." in bo.page.messages
    bo.open("/orgs/acme/members")
    assert bo.page.heading == "Second factor"
    fragment = browser(cast.PRIYA).htmx("/orgs/acme/invitations")
    assert fragment.headers["HX-Redirect"] == "/account/second-factor"
    bo.send(
        "/account/second-factor", password="seven bars and a half", code=code_of(secret_of(bo.page))
    )
    bo.open("/orgs/acme/members")
    assert bo.page.heading == "Members of Acme"
    eve = browser(cast.EVE)
    assert eve.page.heading == "Invitations"


def test_a_reset_by_mail_is_not_both_factors(browser, app, secret):
    with app.app_context():
        link = password_resets.address(cast.person())
    priya = browser()
    priya.open(link)
    priya.send("/password/reset", password="quite another sentence")
    assert priya.page.heading == "Enter your code"
    assert priya.client.get_cookie("gatehouse") is None
    priya.open("/orgs/acme/members")
    assert priya.page.heading == "Sign in"
    priya.open("/login/code")
    priya.send("/login/code", code=code_of(secret))
    assert priya.page.heading == "Invitations"
