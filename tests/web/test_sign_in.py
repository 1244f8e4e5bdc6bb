"""Signing in and out: server-side sessions, and strangers who learn nothing."""

from __future__ import annotations

import re
import statistics
import time

import pytest

from tests import cast
from webapp.db import db, transaction
from webapp.domain.accounts import sessions, sign_ins
from webapp.domain.errors import Refusal
from webapp.domain.invitations import acceptances, links
from webapp.models import Event, Session


def test_the_right_password_leads_into_the_organization(browser):
    priya = browser(cast.PRIYA)
    assert priya.page.heading == "Invitations"
    assert "Acme" in priya.page.title


def test_a_contributor_lands_on_the_members_page(browser):
    assert browser(cast.CHEN).page.heading == "Members of Acme"


@pytest.mark.parametrize("name", ["PRIYA@acme.example", " priya@acme.example "])
def test_the_address_is_taken_in_any_case(browser, name):
    priya = browser()
    priya.sign_in(name, cast.PASSWORD)
    assert priya.page.heading == "Invitations"


def test_a_username_signs_in_as_well(browser, app):
    with app.app_context():
        made = cast.invited()
        acceptances.accept(
            cast.mailed_token(made),
            full_name="Bo",
            username="Bo.Lind",
            password="seven bars and a half",
        )
    bo = browser()
    bo.sign_in("bo.LIND", "seven bars and a half")
    assert bo.page.heading == "Members of Acme"


@pytest.mark.parametrize(
    ("email", "password"),
    [(cast.PRIYA, "not her password"), ("nobody@acme.example", cast.PASSWORD), ("nobody", "x")],
)
def test_a_wrong_pair_is_refused_in_the_same_words(browser, email, password):
    somebody = browser()
    somebody.sign_in(email, password)
    assert somebody.status == 422
    assert somebody.page.problems == [
        "The address or the password is not right. Check both and try again."
    ]
    assert somebody.page.form("/login").fields["email"] == email
    assert somebody.page.form("/login").fields["password"] == ""


def test_empty_fields_are_named(browser):
    somebody = browser()
    somebody.sign_in("", "")
    assert somebody.page.problems == [
        "Enter your email address or username.",
        "Enter your password.",
    ]


def test_known_and_unknown_addresses_get_the_same_answer_in_the_same_time(make_app):
    app = make_app(RATELIMIT_ENABLED="false")
    with app.app_context():
        cast.hash_as_usual()
    client = app.test_client()
    token = client.get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    taken, answers = {cast.PRIYA: [], "nobdy@acme.example": []}, set()
    for number in range(-5, 100):  # the first five warm up
        for email in list(taken)[:: 1 if number % 2 else -1]:
            data = {"csrf_token": token, "email": email, "password": f"wrong {number:04} wrong"}
            # Time of the processor, as the machine does other things meanwhile.
            began = time.process_time()
            answer = client.post("/login", data=data)
            spent = time.process_time() - began
            words = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text)
            answers.add((answer.status_code, len(answer.data), words.replace(email, "")))
            if number >= 0:
                taken[email].append(spent)
    assert {answer[0] for answer in answers} == {422}
    assert len(answers) == 1
    medians = sorted(statistics.median(times) for times in taken.values())
    assert medians[1] < 1.1 * medians[0]


def test_a_name_that_cannot_be_an_account_takes_as_long(app):
    with app.app_context():
        cast.hash_as_usual()
        taken = {cast.PRIYA: [], "nobody": [], "no\0body": []}
        for _ in range(40):
            for name, times in taken.items():
                began = time.process_time()
                with pytest.raises(Refusal):
                    sign_ins.sign_in(name, "wrong wrong wrong")
                times.append(time.process_time() - began)
    medians = [statistics.median(times) for times in taken.values()]
    assert max(medians) < 1.2 * min(medians)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser):
    priya = browser()
    priya.open("/login")
    answer = priya.send("/login", follow=False, email=cast.PRIYA, password=cast.PASSWORD)
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("gatehouse="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_on_https_cookies_are_secure_and_bound_to_the_host(make_app):
    app = make_app(PUBLIC_URL="https://gate.example.org")
    client = app.test_client()
    page = client.get("/login", base_url="https://gate.example.org")
    form = page.headers["Set-Cookie"]
    assert form.startswith("__Host-gatehouse_form=")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post(
        "/login",
        base_url="https://gate.example.org",
        data={"csrf_token": token, "email": cast.PRIYA, "password": cast.PASSWORD},
    )
    cookie = next(
        c for c in answer.headers.getlist("Set-Cookie") if c.startswith("__Host-gatehouse=")
    )
    assert answer.status_code == 303
    assert all(part in cookie for part in ("Secure", "Path=/", "HttpOnly"))
    assert "Domain" not in cookie


def test_a_copied_cookie_is_dead_after_signing_out_even_with_redis_stopped(browser, redis):
    priya = browser(cast.PRIYA)
    copied = priya.client.get_cookie("gatehouse").value
    thief = browser()
    thief.client.set_cookie("gatehouse", copied)
    thief.open("/orgs/acme/invitations")
    assert thief.page.heading == "Invitations"
    redis.kill()
    priya.open("/orgs/acme/invitations")
    priya.send("/logout")
    assert priya.page.heading == "Sign in"
    thief.open("/orgs/acme/invitations")
    assert thief.page.heading == "Sign in"


def test_signing_in_begins_a_new_session_and_a_new_form_cookie(browser):
    priya = browser()
    priya.client.set_cookie("gatehouse", "a-value-chosen-by-somebody-else")
    priya.open("/login")
    before = priya.client.get_cookie("gatehouse_form").value
    priya.send("/login", email=cast.PRIYA, password=cast.PASSWORD)
    assert priya.client.get_cookie("gatehouse").value != "a-value-chosen-by-somebody-else"
    assert priya.client.get_cookie("gatehouse_form").value != before


def test_a_session_ends_when_it_is_not_used(browser, travel):
    priya = browser(cast.PRIYA)
    travel(days=14, minutes=1)
    priya.open("/orgs/acme/invitations")
    assert priya.page.heading == "Sign in"


def test_a_session_that_is_used_lives_on_but_not_for_ever(browser, travel):
    priya = browser(cast.PRIYA)
    for heading in ("Invitations", "Invitations", "Sign in"):
        travel(days=13)
        priya.open("/orgs/acme/invitations")
        assert priya.page.heading == heading


def test_the_database_keeps_only_a_digest_of_the_cookie(browser, app):
    priya = browser(cast.PRIYA)
    token = priya.client.get_cookie("gatehouse").value
    with app.app_context():
        assert token not in {row.token_hash for row in db.session.query(Session)}
        assert sessions.find(token) is not None


def test_a_signed_out_visitor_signs_in_and_comes_back(browser):
    priya = browser()
    priya.open("/orgs/acme/invitations?status=pending")
    assert priya.page.heading == "Sign in"
    priya.send("/login", email=cast.PRIYA, password=cast.PASSWORD)
    assert priya.at.response.request.full_path == "/orgs/acme/invitations?status=pending"


@pytest.mark.parametrize(
    "evil",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/ok\r\nSet-Cookie: x=y",
        "http:evil.example",
        "%2f%2fevil.example",
    ],
)
def test_signing_in_never_leads_off_the_site(browser, evil):
    priya = browser()
    priya.client.get("/login", query_string={"next": evil})
    priya.open("/login")
    form = priya.page.form("/login")
    fields = {**form.fields, "email": cast.PRIYA, "password": cast.PASSWORD, "next": evil}
    answer = priya.post("/login", fields, follow=False)
    assert (answer.status, answer.location) == (303, "/")


def test_too_many_tries_at_one_account_from_one_place_are_slowed(browser):
    stranger = browser(address="192.0.2.7")
    for _ in range(10):
        stranger.sign_in(cast.PRIYA, "a guess at a password")
        assert stranger.status == 422
    stranger.sign_in(cast.PRIYA.upper(), "a guess at a password")
    assert stranger.status == 429
    assert int(stranger.at.headers["Retry-After"]) > 0
    assert "Wait" in stranger.page.words
    owner = browser(address="192.0.2.8")
    owner.sign_in(cast.PRIYA, cast.PASSWORD)
    assert owner.page.heading == "Invitations"


def test_with_redis_away_tries_are_still_counted(browser, redis):
    redis.kill()
    stranger = browser(address="192.0.2.7")
    for _ in range(10):
        stranger.sign_in(cast.PRIYA, "a guess at a password")
    stranger.sign_in(cast.PRIYA, "a guess at a password")
    assert stranger.status == 429


def test_who_is_in_several_organizations_chooses_and_comes_back_to_the_last(browser, app):
    with app.app_context():
        acceptances.join(cast.mailed_token(cast.invited(cast.EVE)), by=None, password=cast.PASSWORD)

        @transaction()
        def forget():
            db.session.query(Session).update({"organization_id": None})

        forget()
    eve = browser(cast.EVE)
    assert eve.page.heading == "Your organizations"
    assert {"Acme", "Evil Corp"} <= set(eve.page.links())
    eve.open("/orgs/evil/members")
    eve.open("/")
    assert eve.page.heading == "Invitations"
    eve.open("/members")
    assert eve.page.heading == "Members of Evil Corp"
    assert browser(cast.EVE).page.heading == "Invitations"


def test_somebody_in_no_organization_is_told_so(browser, app):
    priya = browser(cast.PRIYA)
    with app.app_context():

        @transaction()
        def leave():
            db.session.execute(db.text("UPDATE memberships SET status = 'deactivated'"))

        leave()
    priya.open("/")
    assert "You are not in any organization yet" in priya.page.words
    priya.open("/orgs/acme/members")
    assert priya.status == 404


def test_signing_in_and_failing_to_are_on_record_without_what_was_typed(browser, app):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members")
    somebody = browser()
    somebody.sign_in(cast.PRIYA, "not her password")
    somebody.sign_in("a password in the wrong field", "x")
    with app.app_context():
        found = db.session.query(Event).filter(Event.name.like("Sign%")).order_by(Event.id).all()
        ids = [(event.name, event.data["user_id"]) for event in found]
        assert ids == [
            ("SignedIn", cast.person().id),
            ("SignInFailed", cast.person().id),
            ("SignInFailed", None),
        ]


def test_padding_a_name_gains_no_further_tries(browser):
    stranger = browser(address="192.0.2.7")
    statuses = []
    for number in range(12):
        stranger.sign_in(" " * (number * 30) + cast.PRIYA, "a guess at a password")
        statuses.append(stranger.status)
    assert statuses == [422] * 10 + [429] * 2


def test_addresses_of_one_ipv6_network_count_as_one(browser):
    statuses = []
    for number in range(12):
        stranger = browser(address=f"2001:db8:1:2::{number:x}")
        stranger.sign_in(cast.PRIYA, "a guess at a password")
        statuses.append(stranger.status)
    assert statuses == [422] * 10 + [429] * 2


def test_guessing_an_accounts_password_on_an_invitations_page_is_slowed(browser, app):
    with app.app_context():
        token = links.token(cast.invited(cast.EVE), links.COPIED)
    statuses = []
    for number in range(12):
        guesser = browser(address=f"192.0.2.{number}")
        guesser.open(f"/register?token={token}")
        guesser.send("/register", full_name="Eve", password=f"a guess at it {number}")
        statuses.append(guesser.status)
    assert statuses == [422] * 10 + [429] * 2


def test_a_password_typed_as_the_address_stands_nowhere(browser, secrets):
    secrets.learn("my secret typed too early")
    browser().sign_in("my secret typed too early", "x")  # looked for after every test


def test_signing_in_again_ends_the_session_before(browser):
    priya = browser(cast.PRIYA)
    before = priya.client.get_cookie("gatehouse").value
    fields = {"email": cast.PRIYA, "password": cast.PASSWORD}
    page = browser()
    page.client.set_cookie("gatehouse", before)
    page.client.get("/accessibility")
    token = priya.open("/orgs/acme/invitations").page.form("/logout").fields["csrf_token"]
    priya.post("/login", {**fields, "csrf_token": token})
    page.open("/orgs/acme/invitations")
    assert page.page.heading == "Sign in"


def test_two_slashes_lead_to_no_other_host(browser):
    path = {"PATH_INFO": "//login", "HTTP_HOST": "evil.example"}
    answer = browser().client.get("/login", environ_overrides=path)
    assert answer.status_code == 200
    assert "Location" not in answer.headers


def test_behind_https_browsers_are_told_to_stay_there(make_app):
    client = make_app(PUBLIC_URL="https://gate.example.org").test_client()
    assert "max-age" in client.get("/login").headers["Strict-Transport-Security"]


def test_no_page_is_named_to_another(browser):
    assert browser().open("/login").headers["Referrer-Policy"] == "no-referrer"


def test_guesses_from_many_places_are_slowed_and_the_owners_own_browser_is_not(browser):
    owner = browser(cast.PRIYA, address="198.51.100.1")
    owner.send("/logout")
    statuses = []
    for number in range(102):
        stranger = browser(address=f"192.0.2.{number}", check=False)
        stranger.sign_in(cast.PRIYA, "a guess at a password")
        statuses.append(stranger.status)
    assert statuses == [422] * 100 + [429] * 2
    owner.sign_in(cast.PRIYA, cast.PASSWORD)
    assert owner.page.heading == "Invitations"
    elsewhere = browser(address="198.51.100.9")
    elsewhere.sign_in(cast.EVE, cast.PASSWORD)
    assert elsewhere.page.heading == "Invitations"
