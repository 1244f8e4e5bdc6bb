"""Signing in to an application by OpenID Connect (rule A3), and how that ends."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sqlalchemy import select

from tests import cast
from tests.support import program
from tests.support.program import AFTER, BACK, Program, answered
from tests.support.statements import statements
from webapp import clock, config
from webapp.db import db, transaction
from webapp.domain import accounts
from webapp.domain.invitations import acceptances
from webapp.domain.openid import clients, key_upkeep, keys, visits
from webapp.models import Application, Event, OidcClient, OidcKey, OidcVisit

pytestmark = pytest.mark.both_databases
CROSS = {"Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def wiki(app):
    """Acme's wiki: the application, the client, and its secret."""
    with app.app_context():
        return program.application(cast.organization())


@pytest.fixture
def visitor(wiki, browser):
    """The wiki, at which somebody knocks with their browser."""

    def make(email=cast.CHEN, **options):
        return Program(browser(email), wiki[1].client_id, wiki[2], **options)

    return make


def change(app, row, **columns):
    with app.app_context():

        @transaction()
        def write():
            for name, value in columns.items():
                setattr(row, name, value)
            db.session.merge(row)

        write()


def test_somebody_signs_in_and_the_program_learns_who_it_is(visitor, app):
    wiki = visitor()
    answer = wiki.asked()
    assert answer["state"] == "the state"
    with app.app_context():
        assert answer["iss"] == config.current().public_url
    response = wiki.redeem(answer["code"])
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers
    tokens = response.json
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 600)
    claims = wiki.claims(tokens["id_token"])
    assert (claims["iss"], claims["aud"]) == (answer["iss"], wiki.client_id)
    assert (claims["nonce"], claims["email"]) == ("the nonce", cast.CHEN)
    told = wiki.userinfo(tokens["access_token"]).json
    assert told["sub"] == claims["sub"]
    assert cast.CHEN not in told["sub"]
    assert (told["name"], told["role"], told["groups"]) == ("Chen Wei", "contributor", [])


def test_a_stranger_signs_in_first_and_comes_back(visitor):
    wiki = visitor(None)
    wiki.browser.open(wiki.address(login_hint=cast.CHEN))
    assert wiki.browser.page.form("/login").fields["email"] == cast.CHEN
    sent = wiki.browser.send("/login", email=cast.CHEN, password=cast.PASSWORD, follow=False)
    answer = wiki.browser.open(sent.location, follow=False)
    assert "code" in answered(answer.location)


def test_a_browser_that_just_sent_a_form_is_led_on_by_a_page(visitor):
    """The form-action of our policy would stop a redirect to another site after a form."""
    wiki = visitor()
    answer = wiki.browser.open(
        wiki.address(), follow=False, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status == 200
    assert f"0; url={BACK}?code=" in answer.text.replace("&amp;", "&")


def test_what_is_told_depends_on_the_scope(visitor):
    wiki = visitor()
    tokens = wiki.tokens(scope="openid offline_access unheard-of")
    assert tokens["scope"] == "openid"
    assert wiki.userinfo(tokens["access_token"]).json.keys() == {"sub"}
    tokens = wiki.tokens(scope="openid profile")
    told = wiki.userinfo(tokens["access_token"]).json
    assert cast.CHEN not in told.values()


def test_nobody_chooses_what_programs_take_for_the_name_of_an_account(visitor, app):
    with app.app_context():
        user = cast.person(cast.CHEN)
        accounts.change_profile(user, full_name="Chen Wei", username="admin")
    wiki = visitor()
    told = wiki.userinfo(wiki.tokens()["access_token"]).json
    assert told["preferred_username"] == cast.CHEN
    assert "admin" not in told.values()


def test_an_unconfirmed_address_is_called_unconfirmed_and_kept_out_unless_allowed(
    visitor, wiki, app
):
    chen = visitor()
    with app.app_context():
        user, acme = cast.person(cast.CHEN), cast.organization().id
    change(app, user, verified_at=None, confined_to_id=acme)
    refused = chen.ask()
    assert refused.status == 403
    assert cast.CHEN in refused.text
    change(app, wiki[0], allows_unverified=True)
    assert chen.claims(chen.tokens()["id_token"])["email_verified"] is False


def test_a_person_has_another_number_in_each_organization(visitor, app, browser):
    with app.app_context():
        _, client, secret = program.application(cast.organization("evil"))
        other = client.client_id
        made = cast.invited(cast.CHEN, slug="evil")
        acceptances.join(cast.mailed_token(made), by=cast.person(cast.CHEN))
    wiki = visitor()
    evil = Program(wiki.browser, other, secret)
    assert (
        wiki.claims(wiki.tokens()["id_token"])["sub"]
        == (wiki.claims(wiki.tokens()["id_token"])["sub"])
    )
    assert (
        wiki.claims(wiki.tokens()["id_token"])["sub"]
        != (evil.claims(evil.tokens()["id_token"])["sub"])
    )


def test_refresh_tokens_rotate_and_an_earlier_one_ends_the_visit(visitor):
    wiki = visitor()
    first = wiki.tokens()
    second = wiki.refresh(first["refresh_token"]).json
    assert wiki.userinfo(second["access_token"]).status_code == 200
    assert wiki.userinfo(first["access_token"]).status_code == 401
    again = wiki.refresh(first["refresh_token"])
    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")
    assert wiki.userinfo(second["access_token"]).status_code == 401
    assert wiki.refresh(second["refresh_token"]).status_code == 400


def test_tokens_take_two_statements_and_what_they_tell_takes_one(visitor, app):
    visitor().tokens()  # so that there is a key that signs
    wiki = visitor()
    code = wiki.asked()["code"]
    with app.app_context():
        engine = db.engine
    with statements(engine) as redeeming:
        tokens = wiki.redeem(code).json
    with statements(engine) as refreshing:
        tokens = wiki.refresh(tokens["refresh_token"]).json
    with statements(engine) as telling:
        assert wiki.userinfo(tokens["access_token"]).json["sub"]
    assert [len(seen) for seen in (redeeming, refreshing, telling)] == [2, 2, 1]


def test_signing_out_ends_everything_by_the_next_request(visitor, redis):
    wiki = visitor()
    tokens, code = wiki.tokens(), wiki.asked()["code"]
    redis.kill()
    wiki.browser.open("/account")
    wiki.browser.send("/logout")
    assert wiki.userinfo(tokens["access_token"]).status_code == 401
    assert wiki.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert wiki.redeem(code).json["error"] == "invalid_grant"


@pytest.mark.parametrize("how", ["deactivated", "paused", "group", "suspended"])
def test_losing_access_ends_everything_by_the_next_request(visitor, wiki, app, how):
    chen = visitor()
    tokens, code = chen.tokens(), chen.asked()["code"]
    with app.app_context():
        member, acme = cast.member(), cast.organization()
    match how:
        case "deactivated":
            change(app, member, status="deactivated")
        case "paused":
            change(app, wiki[0], paused_at=member.joined_at)
        case "group":
            change(app, wiki[0], for_everyone=False)
        case "suspended":
            change(app, acme, suspended_at=member.joined_at)
    assert chen.userinfo(tokens["access_token"]).status_code == 401
    assert chen.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert chen.redeem(code).json["error"] == "invalid_grant"
    assert chen.ask().status == 403
    assert chen.asked(prompt="none")["error"] == "access_denied"


def test_a_code_works_for_a_minute_and_an_access_token_for_ten(visitor, travel):
    wiki = visitor()
    code, tokens = wiki.asked()["code"], wiki.tokens()
    travel(seconds=60)
    assert wiki.redeem(code).json["error"] == "invalid_grant"
    assert wiki.userinfo(tokens["access_token"]).status_code == 200
    travel(seconds=541)
    assert wiki.userinfo(tokens["access_token"]).status_code == 401
    assert wiki.refresh(tokens["refresh_token"]).status_code == 200
    travel(hours=8)
    assert wiki.refresh(wiki.tokens()["refresh_token"]).status_code == 200


def test_codes_and_tokens_are_over_at_the_very_moment_of_their_end(visitor):
    with clock.stopped():
        wiki = visitor()
        code, late = wiki.asked()["code"], wiki.asked()["code"]
        with clock.ahead(seconds=60, microseconds=-1):
            token = wiki.redeem(code).json["access_token"]
        with clock.ahead(seconds=60):
            assert wiki.redeem(late).status_code == 400
            with clock.ahead(minutes=10, microseconds=-2):
                assert wiki.userinfo(token).status_code == 200
            with clock.ahead(minutes=10, microseconds=-1):
                assert wiki.userinfo(token).status_code == 401


def test_tokens_say_no_longer_life_than_they_have(visitor, wiki, app):
    change(app, wiki[0], visit_minutes=5)
    with clock.stopped():
        party = visitor()
        tokens = party.tokens()
        assert tokens["expires_in"] == 300
        claims = party.claims(tokens["id_token"])
        assert claims["exp"] - claims["iat"] == 300
        with clock.ahead(minutes=4):
            again = party.refresh(tokens["refresh_token"]).json
            names = ("access_token", "refresh_token", "id_token")
            party.browser.secrets.learn(*(again[name] for name in names))
            assert again["expires_in"] == 60


def test_a_visit_ends_after_its_time(visitor, travel):
    wiki = visitor()
    tokens = wiki.tokens()
    travel(hours=8)
    assert wiki.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


def test_a_new_secret_works_beside_the_old_one_for_a_day(visitor, wiki, app, travel):
    chen = visitor()

    @transaction()
    def rotate():
        return clients.change_secret(db.session.merge(wiki[0]).client)

    with app.app_context():
        new = rotate()
    assert new not in (wiki[1].secret_digest, wiki[2])
    old = chen.secret
    for secret in (old, new):
        chen.secret = secret
        chen.tokens()
    travel(hours=24)
    code = chen.asked()["code"]
    chen.secret = old
    assert chen.redeem(code).status_code == 401
    chen.secret = new
    assert chen.redeem(code).status_code == 200


def test_the_next_key_is_published_a_day_before_it_signs(visitor, app, travel):
    wiki = visitor()
    before = wiki.tokens()["id_token"]
    with app.app_context():
        next_key = keys.rotate().kid
    published = wiki.wire.get("/oauth/jwks").json["keys"]
    assert [key["kid"] for key in published][1] == next_key
    assert not any({"d", "p", "q"} & key.keys() for key in published)
    assert header(wiki.tokens()["id_token"])["kid"] != next_key
    travel(hours=24)
    assert header(wiki.tokens()["id_token"])["kid"] == next_key
    wiki.claims(before)


def header(token):
    return program.jwt_header(token)


def test_keys_are_made_once_rotate_by_themselves_and_are_deleted(app, travel):
    with app.app_context():
        assert key_upkeep.rotate_when_due() == 0  # nobody needs one yet
        first = keys.published()
        assert keys.published() == first
        assert key_upkeep.rotate_when_due() == 0
        travel(days=90)
        assert key_upkeep.rotate_when_due() == 1
        assert key_upkeep.rotate_when_due() == 0
        assert len(keys.published()) == 2
        travel(days=33)
        assert len(keys.published()) == 1
        assert key_upkeep.forget() == 1


def test_a_stolen_key_is_withdrawn_at_once(visitor, app):
    wiki = visitor()
    token = wiki.tokens()["id_token"]
    with app.app_context():
        keys.rotate(at_once=True)
        assert keys.read(token) is None
        assert len(keys.published()) == 1
    wiki.tokens()


def test_keys_survive_a_new_secret_key_and_a_lost_one_is_replaced(app, make_app, settings):
    with app.app_context():
        token = keys.sign({"iss": keys.issuer()})
        before = db.session.query(OidcKey.private).scalar()
    old, new = settings["SECRET_KEY"], "another-key-of-32-characters-or-more!"
    changed = make_app(SECRET_KEY=new, SECRET_KEY_FALLBACKS=old)
    with changed.app_context():
        assert keys.renew_keys() == 1
        assert db.session.query(OidcKey.private).scalar() != before
    with make_app(SECRET_KEY=new).app_context():
        assert keys.read(token) is not None
        assert header(keys.sign({}))["kid"] == header(token)["kid"]
    with make_app(SECRET_KEY="a-third-key-of-32-characters-or-more!").app_context():
        assert header(keys.sign({}))["kid"] != header(token)["kid"]


def test_prompt_login_asks_for_the_password_again_and_then_lets_in(visitor, travel):
    wiki = visitor()
    travel(seconds=5)
    answer = wiki.ask(prompt="login")
    assert answer.location.startswith("/login?")
    wiki.browser.open(answer.location)
    sent = wiki.browser.send("/login", email=cast.CHEN, password=cast.PASSWORD, follow=False)
    answer = wiki.browser.open(sent.location, follow=False)
    claims = wiki.claims(wiki.redeem(answered(answer.location)["code"]).json["id_token"])
    assert claims["auth_time"] >= claims["iat"] - 1
    # The same address a second time asks again.
    assert wiki.ask(prompt="login").location.startswith("/login?")


def test_nobody_spares_signing_in_again_by_writing_to_the_address(visitor, travel):
    chen = visitor()
    login, before = chen.address(prompt="login"), visitor()
    travel(seconds=1)
    back = parse_qs(urlsplit(before.ask(prompt="login").location).query)["next"][0]
    mark = parse_qs(urlsplit(back).query)["signed_in_since"][0]
    travel(seconds=1)
    chen.browser.open("/login?again=1")
    chen.browser.send("/login", email=cast.CHEN, password=cast.PASSWORD)
    for since in ("0", "0.", f"0.{mark.partition('.')[2]}", mark, "\u00b2.x", "9" * 500):
        sent = chen.browser.open(f"{login}&{urlencode({'signed_in_since': since})}", follow=False)
        assert "code=" not in sent.location


def test_a_long_request_comes_back_through_signing_in(visitor):
    stranger = visitor(None)
    more = 1900 - len(stranger.address(nonce=""))
    answer = stranger.browser.open(stranger.address(nonce="x" * min(more, 1000)))
    assert answer.status == 200
    sent = stranger.browser.send("/login", email=cast.CHEN, password=cast.PASSWORD, follow=False)
    answer = answered(stranger.browser.open(sent.location, follow=False).location)
    assert stranger.redeem(answer["code"]).status_code == 200


def test_max_age_asks_again_once_signing_in_was_too_long_ago(visitor, travel):
    wiki = visitor()
    wiki.asked(max_age="3600")
    travel(seconds=3601)
    assert wiki.ask(max_age="3600").location.startswith("/login?")
    assert wiki.asked(max_age="3600", prompt="none")["error"] == "login_required"
    wiki.asked(max_age="36000")


def test_entering_is_on_record_once_a_visit_and_being_refused_as_well(visitor, wiki, app):
    chen = visitor()
    for _ in range(3):
        chen.tokens()
    change(app, wiki[0], for_everyone=False)
    for _ in range(3):
        chen.ask()
    visitor(cast.EVE).ask()
    with app.app_context():
        query = select(Event).where(Event.name.startswith("Application")).order_by(Event.id)
        found = [(event.name, event.data["how"]) for event in db.session.scalars(query)]
    how = "through OpenID Connect"
    assert found == [("ApplicationEntered", how), ("ApplicationRefused", how)]


def test_who_may_not_enter_is_told_as_whom_why_and_whom_to_ask(visitor, wiki, app):
    """In the words of the gate: it is one page."""
    change(app, wiki[0], for_everyone=False)
    chen = visitor()
    refused = chen.ask()
    assert (refused.status, refused.page.heading) == (403, "You may not enter Wiki")
    assert f"You are signed in as {cast.CHEN}." in refused.text
    assert "Only members of certain groups may enter." in refused.text
    assert "You can ask: Priya Shah" in refused.text


def test_who_may_not_enter_can_sign_in_with_another_account(visitor):
    eve, state = visitor(cast.EVE), " " * 990
    page = eve.browser.open(eve.address(state=state)).page
    (form,) = [form for form in page.forms() if "Sign in with another account" in form.buttons]
    eve.browser.post(form.action, form.fields)
    sent = eve.browser.send("/login", email=cast.CHEN, password=cast.PASSWORD, follow=False)
    answer = answered(eve.browser.open(sent.location, follow=False).location)
    assert answer["state"] == state
    assert eve.claims(eve.redeem(answer["code"]).json["id_token"])["email"] == cast.CHEN


def test_prompt_none_never_shows_a_page(visitor):
    assert "code" in visitor().asked(prompt="none")
    assert visitor(None).asked(prompt="none")["error"] == "login_required"


def test_an_id_token_says_whom_the_program_expects(visitor):
    chen, priya = visitor(), visitor(cast.PRIYA)
    token = chen.tokens(scope="openid")["id_token"]
    assert "code" in chen.asked(prompt="none", id_token_hint=token)
    assert priya.asked(prompt="none", id_token_hint=token)["error"] == "login_required"
    assert priya.ask(id_token_hint=token).location.startswith("/login?")


def test_the_request_may_be_posted_from_another_site(visitor):
    wiki = visitor()
    answer = wiki.browser.post("/oauth/authorize", wiki.values(), follow=False, headers=CROSS)
    assert answer.status == 303
    answer = wiki.browser.open(answer.location, follow=False)
    assert "code" in answered(answer.location)


@pytest.mark.parametrize("path", ["/oauth/authorize", "/oauth/logout"])
def test_what_is_posted_about_a_person_comes_into_no_address(visitor, path):
    """Addresses are kept in histories and logs; an id_token says who somebody is (rule A3)."""
    wiki = visitor()
    token, other = wiki.tokens()["id_token"], visitor(cast.PRIYA).tokens()["id_token"]
    for hint, is_known in ((token, True), (other, False), (token[:-9], False)):
        values = {**wiki.values(), "post_logout_redirect_uri": AFTER, "id_token_hint": hint}
        answer = wiki.browser.post(path, values, follow=False, headers=CROSS)
        assert hint.split(".")[1] not in answer.location
        if path == "/oauth/authorize":
            there = wiki.browser.open(answer.location, follow=False)
            assert there.location.startswith(BACK) == (hint != other)
            assert ("code=" in there.location) == is_known
    if path == "/oauth/logout":
        form = wiki.browser.post(path, values | {"id_token_hint": other}, follow=False)
        assert wiki.browser.open(form.location, follow=False).status == 200  # asked first
        sent = wiki.browser.send(path, follow=False)
        assert other.split(".")[1] not in sent.location
        assert wiki.browser.open(sent.location, follow=False).location.startswith(AFTER)


def test_a_program_signs_somebody_out_by_a_post(visitor):
    wiki = visitor()
    token = wiki.tokens()["id_token"]
    query = {"id_token_hint": token, "post_logout_redirect_uri": AFTER, "state": "x"}
    answer = wiki.browser.post("/oauth/logout", query, follow=False, headers=CROSS)
    assert "code" in wiki.asked()  # a post from another site comes without cookies
    assert wiki.browser.open(answer.location, follow=False).location == f"{AFTER}?state=x"
    assert wiki.ask().location.startswith("/login?")


def test_public_clients_have_no_secret(app, browser):
    with app.app_context():
        _, client, _ = program.application(cast.organization(), "app", client={"is_public": True})
    phone = Program(browser(cast.CHEN), client.client_id)
    tokens = phone.tokens()
    assert phone.refresh(tokens["refresh_token"]).status_code == 200
    phone.secret = "made up"
    assert phone.redeem(phone.asked()["code"]).json["error"] == "invalid_client"


def test_secrets_may_be_in_the_form(visitor):
    wiki = visitor()
    secret, wiki.secret = wiki.secret, ""
    response = wiki.redeem(wiki.asked()["code"], client_secret=secret)
    assert response.status_code == 200


def test_a_program_signs_somebody_out(visitor):
    wiki = visitor()
    token = wiki.tokens()["id_token"]
    query = {"id_token_hint": token, "post_logout_redirect_uri": AFTER, "state": "x"}
    answer = wiki.browser.open(program.query("/oauth/logout", query), follow=False)
    assert answer.location == f"{AFTER}?state=x"
    assert wiki.ask().location.startswith("/login?")
    # A second time: there is nothing left to end.
    answer = wiki.browser.open(program.query("/oauth/logout", query), follow=False)
    assert answer.location == f"{AFTER}?state=x"


def test_without_an_id_token_of_this_session_the_person_is_asked_first(visitor):
    wiki, other = visitor(), visitor()
    foreign = other.tokens()["id_token"]
    for query in ({}, {"id_token_hint": foreign}, {"id_token_hint": "made up"}):
        answer = wiki.browser.open(program.query("/oauth/logout", query), follow=False)
        assert (answer.status, "code" in wiki.asked()) == (200, True)
    query = {"client_id": wiki.client_id, "post_logout_redirect_uri": AFTER, "state": "y"}
    wiki.browser.open(program.query("/oauth/logout", query))
    sent = wiki.browser.send("/oauth/logout", follow=False)
    answer = wiki.browser.open(sent.location, follow=False)
    assert answer.location == f"{AFTER}?state=y"
    assert wiki.ask().location.startswith("/login?")


def test_another_site_signs_nobody_out_and_leads_nobody_elsewhere(visitor):
    wiki = visitor()
    token = wiki.tokens()["id_token"]
    answer = wiki.browser.post("/oauth/logout", {"x": "y"}, follow=False, headers=CROSS)
    assert answer.status == 303
    assert "code" in wiki.asked()
    for address in ("https://evil.example/", f"{AFTER}/", AFTER.upper(), f"{AFTER}?x=y"):
        query = {"id_token_hint": token, "post_logout_redirect_uri": address}
        answer = wiki.browser.open(program.query("/oauth/logout", query), follow=False)
        assert answer.status == 400
    assert "code" in wiki.asked()


def test_visits_are_forgotten(visitor, app, travel):
    visitor().tokens()
    with app.app_context():
        assert visits.forget() == 0
        travel(days=5)
        assert visits.forget() == 1


def test_deleting_the_application_deletes_its_rows(visitor, wiki, app):
    visitor().tokens()

    @transaction()
    def delete():
        db.session.delete(db.session.get(Application, wiki[0].id))

    with app.app_context():
        delete()
        assert db.session.query(OidcVisit).count() == db.session.query(OidcClient).count() == 0


def test_a_configuration_names_every_address(app, wiki):
    client = app.test_client()
    found = client.get("/.well-known/openid-configuration").json
    assert found["authorization_response_iss_parameter_supported"] is True
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["issuer"] + "/oauth/token" == found["token_endpoint"]
