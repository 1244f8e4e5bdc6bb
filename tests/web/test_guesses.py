"""Guesses at an account count together, wherever they are typed (rule 12)."""

from __future__ import annotations

import threading

import pyotp
import pytest

from tests import cast
from webapp import clock, signing
from webapp.db import db
from webapp.domain import accounts, invitations
from webapp.domain.accounts import second_factors
from webapp.domain.invitations import links
from webapp.models import Event
from webapp.web import limits
from webapp.web.limits import known_devices

WRONG = "a guess at a password"
ATTACKER = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def call(app):
    """POST JSON from the attacker's network; answers with the status."""
    client = app.test_client(use_cookies=False)

    def post(path, body, **environ):
        return client.post(f"/api/v1{path}", json=body, environ_overrides={**ATTACKER, **environ})

    return lambda *args, **environ: post(*args, **environ).status_code


def failures(app, email=cast.PRIYA):
    with app.app_context():
        found = db.session.query(Event).filter_by(name="SignInFailed").all()
        return [event.data["user_id"] == cast.person(email).id for event in found]


def copied(email=cast.PRIYA):
    """A link to somebody that an admin of another organization has copied; no mail leaves."""
    made = cast.invited(email, slug="evil", send=False)
    return made.id, links.token(made, links.COPIED)


def test_the_account_that_is_counted_is_the_one_in_the_form(browser):
    stranger, statuses = browser(address="192.0.2.7"), []
    form = stranger.open("/login").page.form("/login")
    for number in range(12):
        fields = {**form.fields, "email": cast.PRIYA, "password": WRONG}
        stranger.post(f"/login?email=x{number}@example.org", fields)
        statuses.append(stranger.status)
    assert statuses == [422] * 10 + [429] * 2


def test_a_browser_is_known_for_the_account_it_signed_in_to(browser, app):
    eve = browser()
    form = eve.open("/login").page.form("/login")
    fields = {**form.fields, "email": cast.EVE, "password": cast.PASSWORD}
    eve.post(f"/login?email={cast.PRIYA}", fields)
    cookie = eve.client.get_cookie("gatehouse_device").value
    with app.app_context():
        assert signing.read(known_devices.PURPOSE, cookie)[0] == cast.person(cast.EVE).id


def test_a_new_link_gains_no_further_guesses_at_the_accounts_password(call, app, browser):
    statuses = []
    for _ in range(4):
        with app.app_context():
            number, token = copied()
        for _ in range(4):
            body = {"token": token, "full_name": "P", "password": WRONG}
            statuses.append(call("/invitations/accept", body))
        with app.app_context():
            invitations.revoke(cast.organization("evil"), number, by=cast.person(cast.EVE))
    assert statuses == [422] * 10 + [429] * 6
    assert failures(app) == [True] * 10
    thief = browser(address="192.0.2.7")
    thief.sign_in(cast.PRIYA, cast.PASSWORD)
    assert thief.status == 429
    owner = browser(address="192.0.2.8")
    owner.sign_in(cast.PRIYA, cast.PASSWORD)
    assert owner.page.heading == "Invitations"


def test_all_places_where_a_password_is_typed_count_together(call, app, browser):
    with app.app_context():
        accounts.change_profile(cast.person(), full_name="Priya Shah", username="priya")
        mailed = cast.mailed_token(cast.invited(cast.PRIYA, slug="evil"))
    page, join = browser(address="192.0.2.7"), browser(address="192.0.2.7")
    join.open(f"/register?token={mailed}")

    def at_the_page(name):
        page.open("/login")
        page.send("/login", email=name, password=WRONG)
        return page.status

    def by_link():
        join.open(f"/register?token={mailed}")
        join.send("/register/join", password=WRONG)
        return join.status

    places = (
        lambda: at_the_page(cast.PRIYA),
        lambda: at_the_page("PRIYA"),
        lambda: call("/sessions", {"email": cast.PRIYA, "password": WRONG}),
        lambda: call("/sessions", {"email": "priya", "password": WRONG}),
        lambda: call("/invitations/accept", {"token": mailed, "password": WRONG}),
        by_link,
    )
    statuses = [place() for place in (*places, *places)]
    assert set(statuses[:10]) == {401, 422}
    assert statuses[10:] == [429, 429]
    assert failures(app) == [True] * 10


SIGNED_IN = {
    "/account/password": {"present_password": WRONG, "password": "quite another sentence"},
    "/account/delete": {"password": WRONG},
    "/account/second-factor": {"password": WRONG, "code": "000000", "offer": "x"},
}


def test_all_forms_of_a_session_that_ask_for_the_password_count_together(browser, app):
    thief, statuses = browser(cast.PRIYA), []
    token = thief.open("/account").page.form("/account/password").fields["csrf_token"]
    for number in range(12):
        path, fields = list(SIGNED_IN.items())[number % len(SIGNED_IN)]
        thief.post(path, {**fields, "csrf_token": token})
        statuses.append(thief.status)
    assert statuses == [422] * 10 + [429] * 2
    assert failures(app) == [True] * 10


def test_switching_the_second_factor_off_counts_as_well(browser, app):
    with app.app_context():
        offer = second_factors.offer(cast.person())
        code = pyotp.TOTP(offer.secret).at(clock.now())
        second_factors.switch_on(cast.person(), offer.sealed, password=cast.PASSWORD, code=code)
    with clock.ahead(minutes=1):
        thief, statuses = browser(), []
        thief.sign_in(cast.PRIYA, cast.PASSWORD)
        thief.send("/login/code", code=pyotp.TOTP(offer.secret).at(clock.now()))
        token = thief.open("/account").page.form("/account/password").fields["csrf_token"]
        for _ in range(12):
            thief.post("/account/second-factor/off", {"password": WRONG, "csrf_token": token})
            statuses.append(thief.status)
    assert statuses == [422] * 10 + [429] * 2


def test_a_new_password_that_is_too_weak_is_no_guess(browser, app):
    priya = browser(cast.PRIYA)
    for _ in range(12):
        priya.open("/account")
        priya.send("/account/password", present_password=cast.PASSWORD, password="short")
        assert priya.status == 422
    assert failures(app) == []


def test_nobody_uses_up_the_tries_of_a_browser_that_has_signed_in_before(browser):
    owner = browser(cast.PRIYA, address="192.0.2.7")
    owner.send("/logout")
    neighbour = browser(address="192.0.2.7")  # the same office, or a proxy that nobody declared
    for _ in range(11):
        neighbour.sign_in(cast.PRIYA, WRONG)
    assert neighbour.status == 429
    owner.sign_in(cast.PRIYA, cast.PASSWORD)
    assert owner.page.heading == "Invitations"


def test_nobody_shuts_sign_in_for_a_browser_that_is_known(browser, call):
    owner = browser(cast.PRIYA, address="192.0.2.7")
    owner.send("/logout")
    page = browser(address="192.0.2.7", check=False)
    form = page.open("/login").page.form("/login")
    for number in range(60):
        page.post("/login", {**form.fields, "email": f"x{number}@example.org", "password": WRONG})
    assert page.status == 422
    page.sign_in(cast.EVE, cast.PASSWORD)
    assert page.status == 429
    owner.sign_in(cast.PRIYA, cast.PASSWORD)
    assert owner.page.heading == "Invitations"


def test_a_known_browser_has_ten_tries_of_its_own_and_no_more(browser):
    owner, statuses = browser(cast.PRIYA), []
    owner.send("/logout")
    for _ in range(12):
        owner.sign_in(cast.PRIYA, WRONG)
        statuses.append(owner.status)
    assert statuses == [422] * 10 + [429] * 2


def test_a_new_password_makes_every_browser_a_stranger_again(browser, app):
    thief = browser(cast.PRIYA, address="192.0.2.7")
    known = thief.client.get_cookie("gatehouse_device").value
    owner = browser(cast.PRIYA, address="192.0.2.8")
    owner.open("/account")
    new = "quite another sentence"
    owner.send("/account/password", present_password=cast.PASSWORD, password=new)
    for _ in range(10):
        stranger = browser(address="192.0.2.7")
        stranger.sign_in(cast.PRIYA, WRONG)
    guesser = browser(address="192.0.2.7")
    guesser.client.set_cookie("gatehouse_device", known)
    guesser.sign_in(cast.PRIYA, WRONG)
    assert guesser.status == 429


def test_right_passwords_use_up_no_tries(browser):
    for _ in range(12):
        priya = browser(address="192.0.2.7")
        priya.sign_in(cast.PRIYA, cast.PASSWORD)
        assert priya.page.heading == "Invitations"


@pytest.fixture
def patient(app, monkeypatch):
    """Forty threads on a busy machine are no Redis that is away, after which memory counts."""
    options = limits.limiter._storage.storage.connection_pool.connection_kwargs
    for name in ("socket_timeout", "socket_connect_timeout"):
        monkeypatch.setitem(options, name, 60)


def test_guesses_at_the_same_moment_pass_no_limit(call, patient):
    start, statuses = threading.Barrier(40), []

    def guess():
        start.wait()
        statuses.append(call("/sessions", {"email": cast.PRIYA, "password": WRONG}))

    threads = [threading.Thread(target=guess) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [401] * 10 + [429] * 30


def test_an_account_that_is_not_there_is_counted_alike(call):
    for email in ("nobody@acme.example", "nobody"):
        statuses = [call("/sessions", {"email": email, "password": WRONG}) for _ in range(12)]
        assert statuses == [401] * 10 + [429] * 2


TOKEN_ROUTES = (
    "/register",
    "/register/join",
    "/register/renew",
    "/register/decline",
    "/confirm",
    "/password/reset",
    "/unsubscribe",
)


@pytest.mark.parametrize("path", TOKEN_ROUTES)
def test_two_tokens_that_differ_are_refused(browser, app, path):
    with app.app_context():
        one, other = (cast.mailed_token(cast.invited(f"{name}@example.org")) for name in "ab")
    somebody = browser()
    somebody.post(f"{path}?token={one}", {"token": other, "full_name": "A", "password": WRONG})
    assert somebody.status == 400
    with app.app_context():
        for name in "ab":
            assert cast.invitation(f"{name}@example.org").state == "pending"
