"""Attacks on OpenID Connect (RFC 9700, RFC 6819), each as its attacker would try it."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests import cast
from tests.support import program
from tests.support.program import AFTER, BACK, Program, answered
from tests.support.together import all_have_read, together
from webapp.db import db
from webapp.domain.openid import keys

pytestmark = pytest.mark.both_databases
EVIL_BACK = "https://wiki.evil.example/callback"


@pytest.fixture
def wiki(app):
    """Acme's wiki and Evil Corp's: the ids and secrets of both."""
    with app.app_context():
        _, client, secret = program.application(cast.organization())
        evil = {"redirect_uris": [EVIL_BACK], "post_logout_redirect_uris": []}
        _, other, other_secret = program.application(cast.organization("evil"), client=evil)
        return (client.client_id, secret), (other.client_id, other_secret)


@pytest.fixture
def chen(wiki, browser):
    """Acme's wiki with Chen at the door."""
    return Program(browser(cast.CHEN), *wiki[0])


@pytest.fixture
def evil(wiki, chen):
    """Evil Corp's wiki, to which Chen's browser was led."""
    return Program(chen.browser, *wiki[1], back=EVIL_BACK)


def error(response):
    return response.status_code, response.json["error"]


def test_a_code_that_is_used_twice_ends_the_tokens_of_its_first_use(chen):
    code = chen.asked()["code"]
    tokens = chen.redeem(code).json
    assert error(chen.redeem(code)) == (400, "invalid_grant")
    assert chen.userinfo(tokens["access_token"]).status_code == 401
    assert error(chen.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def at_once(app, act):
    """What two programs get that ask at the same moment."""
    answers = []
    with app.app_context(), all_have_read(db.engine, 2):
        assert together(app, *[lambda: answers.append(act())] * 2) == ["done", "done"]
    return sorted(answers, key=lambda answer: answer.status_code)


def test_a_code_that_is_used_twice_at_once_is_used_once(chen, app):
    code = chen.asked()["code"]

    def redeem():
        own = Program(chen.browser, chen.client_id, chen.secret)
        own.verifier = chen.verifier
        return own.redeem(code)

    won, lost = at_once(app, redeem)
    assert (won.status_code, error(lost)) == (200, (400, "invalid_grant"))
    assert chen.userinfo(won.json["access_token"]).status_code == 401


def test_a_refresh_token_that_is_used_twice_at_once_ends_the_visit(chen, app):
    token = chen.tokens()["refresh_token"]
    won, lost = at_once(
        app, lambda: Program(chen.browser, chen.client_id, chen.secret).refresh(token)
    )
    assert (won.status_code, error(lost)) == (200, (400, "invalid_grant"))
    assert chen.userinfo(won.json["access_token"]).status_code == 401


def test_a_code_and_a_refresh_token_are_worth_nothing_to_another_client(chen, evil):
    code, tokens = chen.asked()["code"], chen.tokens()
    evil.verifier = chen.verifier
    assert error(evil.redeem(code, redirect_uri=BACK)) == (400, "invalid_grant")
    assert error(evil.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    # And its trying has spoilt nothing.
    assert chen.redeem(code).status_code == 200
    assert chen.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/callback",
        f"{BACK}/",
        f"{BACK}/../evil",
        f"{BACK}?x=y",
        f"{BACK}#x",
        f"{BACK}%20",
        f"{BACK} ",
        BACK[:-1],
        BACK.upper(),
        BACK.replace("wiki", "Wiki"),
        BACK.replace("https", "http"),
        BACK.replace("acme.example", "acme.example:443"),
        BACK.replace("acme.example", "acme.example:8443"),
        BACK.replace("acme.example", "acme.example.evil.example"),
        BACK.replace("acme.example", "acme.example@evil.example"),
        BACK.replace("//", "//evil.example\\@"),
        BACK.replace("//", "///"),
        "//wiki.acme.example/callback",
        "/callback",
        "javascript:alert(1)",
        "",
        None,
    ],
)
def test_answers_return_to_exactly_the_registered_address(chen, address):
    for more in ({}, {"prompt": "none"}, {"response_type": "token"}):
        answer = chen.ask(redirect_uri=address, **more)
        assert answer.status == 400
        assert "Location" not in answer.headers


def test_another_clients_address_and_unknown_clients_get_a_page_of_ours(chen, evil):
    assert chen.ask(redirect_uri=EVIL_BACK).status == 400
    for client_id in ("", None, "x" * 24, "' OR 1=1 --", "x" * 5000, chen.client_id + "\0"):
        assert chen.ask(client_id=client_id).status == 400


def test_the_code_is_bound_to_the_address_that_it_was_sent_to(chen):
    code = chen.asked()["code"]
    for address in (EVIL_BACK, f"{BACK}/", "https://wiki.acme.example/bye"):
        assert error(chen.redeem(code, redirect_uri=address)) == (400, "invalid_grant")
    assert error(chen.redeem(code, redirect_uri="")) == (400, "invalid_request")


@pytest.mark.parametrize(
    "less",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge_method": None},  # plain, by RFC 7636
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": ""},
        {"code_challenge": "short"},
        {"code_challenge": "x" * 44},
        {"code_challenge": "ü" * 43},
    ],
    ids=str,
)
def test_nobody_gets_around_pkce(chen, less):
    assert chen.asked(**less)["error"] == "invalid_request"


def test_the_verifier_is_needed_and_has_to_be_the_right_one(chen):
    code = chen.asked()["code"]
    for verifier in ("x" * 43, chen.challenge, chen.verifier + "x", chen.verifier[:-1], "ü" * 43):
        assert error(chen.redeem(code, code_verifier=verifier)) == (400, "invalid_grant")
    assert error(chen.redeem(code, code_verifier="")) == (400, "invalid_request")
    assert chen.redeem(code).status_code == 200  # guessing has not used it up


def test_guessing_at_a_used_code_does_not_end_its_tokens(chen):
    code = chen.asked()["code"]
    tokens = chen.redeem(code).json
    for wrong in ({"code_verifier": "x" * 43}, {"redirect_uri": "https://wiki.acme.example/bye"}):
        assert error(chen.redeem(code, **wrong)) == (400, "invalid_grant")
    assert chen.userinfo(tokens["access_token"]).status_code == 200


def test_a_used_code_without_the_secret_does_not_end_its_tokens(chen, wiki):
    code = chen.asked()["code"]
    tokens = chen.redeem(code).json
    own, chen.secret = chen.secret, wiki[1][1]
    assert error(chen.redeem(code)) == (401, "invalid_client")
    assert error(chen.refresh(tokens["refresh_token"])) == (401, "invalid_client")
    chen.secret = own
    assert chen.userinfo(tokens["access_token"]).status_code == 200
    assert chen.refresh(tokens["refresh_token"]).status_code == 200


def test_a_zero_byte_is_refused_like_any_other_wrong_value(chen):
    code = chen.asked()["code"]
    for wrong in ({"code": "\0"}, {"redirect_uri": BACK + "\0"}, {"code_verifier": "\0" * 43}):
        assert error(chen.redeem(**{"code": code, **wrong})) == (400, "invalid_grant")
    assert error(chen.refresh("\0.\0")) == (400, "invalid_grant")


def test_a_wider_scope_is_refused_and_the_refresh_token_kept(chen):
    token = chen.tokens(scope="openid email")["refresh_token"]
    assert error(chen.refresh(token, scope="openid groups")) == (400, "invalid_scope")
    assert chen.refresh(token, scope="openid").status_code == 200


def test_every_answer_says_who_gives_it(chen):
    """Against mixing providers up (RFC 9207)."""
    issuer = chen.wire.get("/.well-known/openid-configuration").json["issuer"]
    for more in ({}, {"scope": "email"}, {"prompt": "none"}, {"response_type": "token"}):
        assert chen.asked(**more)["iss"] == issuer


@pytest.mark.parametrize("where", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_signing_in_leads_to_no_other_site(chen, where):
    browser = chen.browser
    browser.open(f"/login?{urlencode({'next': where, 'again': '1'})}")
    sent = browser.send("/login", email=cast.CHEN, password=cast.PASSWORD, follow=False)
    assert sent.location == "/"


def test_nobody_is_signed_in_as_somebody_else_by_a_link(chen, evil, browser):
    """Login CSRF: neither a code nor a hint of another's gives this browser a session."""
    eve = Program(browser(cast.EVE), evil.client_id, evil.secret, back=EVIL_BACK)
    hint = eve.tokens()["id_token"]
    assert chen.asked(id_token_hint=hint)["error"] == "invalid_request"
    own = chen.claims(chen.tokens()["id_token"])
    assert own["email"] == cast.CHEN


def test_a_silent_request_tells_another_organization_nothing(chen, evil, browser, wiki):
    """Whether somebody has an account here at all is not for everybody to know."""
    stranger = Program(browser(), *wiki[1], back=EVIL_BACK)
    of_stranger, of_chen = stranger.asked(prompt="none"), evil.asked(prompt="none")
    assert of_stranger == of_chen
    assert of_chen["error"] == "login_required"
    page = evil.ask()
    assert page.status == 403
    assert cast.CHEN in page.text
    assert "Evil" not in page.text  # nor does the page say whose application it is


def test_the_other_organizations_client_learns_nothing_by_another_token(chen, evil):
    tokens = chen.tokens()
    token = tokens["id_token"]
    assert evil.asked(id_token_hint=token)["error"] == "invalid_request"
    for not_access in (token, tokens["refresh_token"], "", "x" * 5000, "ü"):
        assert chen.userinfo(not_access).status_code == 401


def forged(chen, header, signature=b""):
    """Chen's id_token with another header."""
    claims = chen.tokens()["id_token"].split(".")[1]
    first = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    last = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    return f"{first}.{claims}.{last}"


def test_a_token_is_believed_by_our_own_algorithm_alone(chen, app):
    """None, HMAC with our public key as its secret, and somebody's own key in the header."""
    published = chen.wire.get("/oauth/jwks").json["keys"]
    real = chen.tokens()["id_token"]
    kid = (published or chen.wire.get("/oauth/jwks").json["keys"])[0]["kid"]
    claims = dict(chen.claims(real))
    with app.app_context():
        assert keys.read(real) is not None
        pem = json.dumps(keys.published()[0])
        secret = OctKey.import_key(hashlib.sha256(pem.encode()).hexdigest())
        hmac = jwt.encode({"alg": "HS256", "kid": kid}, claims, secret, algorithms=["HS256"])
        for token in (
            forged(chen, {"alg": "none"}),
            forged(chen, {"alg": "None", "kid": kid}),
            forged(chen, {"alg": "RS256", "kid": kid}, b"x" * 256),
            forged(chen, {"alg": "RS512", "kid": kid, "typ": "JWT"}, b"x" * 256),
            forged(chen, {"alg": "RS256", "jku": "https://evil.example/jwks"}, b"x" * 256),
            forged(chen, {"alg": "RS256", "kid": kid, "crit": ["x"], "x": 1}, b"x" * 256),
            hmac,
            real[:-2],
            real + "x",
            "x" * 9000,
            "..",
            "a.b.c.d.e",
        ):
            assert keys.read(token) is None
        # A logout token is signed with the same key, and is no id_token.
        assert keys.read(keys.sign(claims, "logout+jwt")) is None


@pytest.mark.parametrize("name", ["scope", "state", "nonce", "code_challenge", "prompt", "other"])
def test_a_parameter_that_comes_twice_is_refused(chen, name):
    values = [*chen.values().items(), (name, "one"), (name, "two")]
    answer = chen.browser.open(f"/oauth/authorize?{urlencode(values)}", follow=False)
    assert answered(answer.location)["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_second_client_or_address_gets_a_page_of_ours(chen, name):
    values = [*chen.values().items(), (name, chen.values()[name])]
    assert chen.browser.open(f"/oauth/authorize?{urlencode(values)}", follow=False).status == 400


def test_a_request_is_refused_as_a_whole_if_it_is_too_long(chen):
    more = dict.fromkeys(("one", "two", "three"), "x" * 900)
    assert chen.asked(**more)["error"] == "invalid_request"
    posted = chen.browser.post("/oauth/authorize", {**chen.values(), **more}, follow=False)
    assert posted.status == 400


def test_the_token_endpoint_takes_nothing_huge(chen):
    code = chen.asked()["code"]
    for name in ("code", "other", "scope"):
        assert error(chen.redeem(**{"code": code, name: "x" * 1001})) == (400, "invalid_request")
    assert chen.redeem(code).status_code == 200


def test_the_token_endpoint_takes_each_parameter_once(chen):
    code = chen.asked()["code"]
    assert error(chen.redeem([code, code])) == (400, "invalid_request")
    assert error(chen.redeem(code, anything=["x", "y"])) == (400, "invalid_request")
    assert chen.redeem(code).status_code == 200


@pytest.mark.parametrize(
    "values",
    [
        {"state": "x" * 1001},
        {"nonce": "x" * 1001},
        {"scope": "openid " + "x" * 1000},
        {"nonce": "a\0b"},
        {"state": "a\r\nSet-Cookie: x=y"},
        {"state": "ü"},
        {"login_hint": "x" * 3000},
        {"max_age": "-1"},
        {"max_age": "1e9"},
        {"max_age": "9" * 400},
        {"prompt": "none login"},
        {"prompt": "create"},
        {"response_mode": "fragment"},
        {"response_mode": "form_post"},
        {"id_token_hint": "x" * 9000},
    ],
    ids=lambda values: str(values)[:40],
)
def test_what_is_huge_or_strange_is_refused_in_the_standards_words(chen, values):
    answer = chen.asked(**values)
    assert answer["error"] == "invalid_request"
    assert answer.get("state") in (None, "the state")


@pytest.mark.parametrize("sent", ["%FF", "%C3", "a%ed%a0%80", "%C0%80"])
@pytest.mark.parametrize("name", ["state", "nonce", "scope", "other"])
def test_what_is_no_text_is_refused_and_never_comes_back_changed(chen, name, sent):
    """The state has to come back exactly as it was sent (RFC 6749 4.1.2)."""
    rest = urlencode({n: value for n, value in chen.values().items() if n != name})
    answer = chen.browser.open(f"/oauth/authorize?{rest}&{name}={sent}", follow=False)
    facts = answered(answer.location)
    assert facts["error"] == "invalid_request"
    assert facts.get("state") == (None if name == "state" else "the state")


@pytest.mark.parametrize("state", ["%FF", "a%0Ab", "a%00", "%EF%BF%BD"])
def test_a_state_that_would_come_back_changed_signs_nobody_out(chen, state):
    query = urlencode({"client_id": chen.client_id, "post_logout_redirect_uri": AFTER})
    answer = chen.browser.open(f"/oauth/logout?{query}&state={state}", follow=False)
    assert answer.status == 400
    assert "code" in chen.asked()


@pytest.mark.parametrize("state", ["a b+c&d=e%f", "\u00fc\U0001f600", "<\"'>", " x "])
def test_any_other_state_comes_back_as_it_was_sent(chen, state):
    if state.isascii():
        assert chen.asked(state=state)["state"] == state
    query = {"client_id": chen.client_id, "post_logout_redirect_uri": AFTER, "state": state}
    chen.browser.open(f"/oauth/logout?{urlencode(query)}")
    sent = chen.browser.send("/oauth/logout", follow=False)
    last = chen.browser.open(sent.location, follow=False)
    assert answered(last.location, AFTER)["state"] == state


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"request": "x.y.z"}, "request_not_supported"),
        ({"request_uri": "https://evil.example"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
    ],
    ids=str,
)
def test_what_is_not_supported_is_called_so(chen, values, error):
    assert chen.asked(**values)["error"] == error


def test_only_the_two_grants_are_given(chen):
    typed = {"username": cast.CHEN, "password": cast.PASSWORD}
    for grant in ("password", "client_credentials", "implicit", "urn:x"):
        answer = chen.post(grant_type=grant, **typed)
        assert error(answer) == (400, "unsupported_grant_type")
    assert error(chen.post()) == (400, "invalid_request")


def test_a_client_has_to_prove_who_it_is(chen, wiki):
    code = chen.asked()["code"]
    own = chen.secret
    for secret in ("wrong", wiki[1][1], ""):
        chen.secret = secret
        answer = chen.redeem(code)
        assert error(answer) == (401, "invalid_client")
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
    chen.secret = own
    assert error(chen.redeem(code, client_secret=own)) == (400, "invalid_request")
    assert error(chen.redeem(code, client_id=wiki[1][0])) == (400, "invalid_request")
    for header in ("Basic", "Basic x", "Bearer x", "Basic " + "x" * 5000, "Digest a=b"):
        answer = chen.wire.post("/oauth/token", data={"x": "y"}, headers={"Authorization": header})
        assert error(answer) == (401, "invalid_client")
    assert chen.redeem(code).status_code == 200


def test_the_token_endpoint_reads_forms_alone(chen):
    for options in ({"json": {"grant_type": "password"}}, {"data": b"\xff"}, {"data": b""}):
        answer = chen.wire.post("/oauth/token", **options)
        assert error(answer) == (400, "invalid_request")


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/userinfo"])
def test_programs_are_answered_in_their_own_words_whatever_is_wrong(chen, path):
    form = {"content_type": "application/x-www-form-urlencoded"}
    for method, status, options in (
        ("PUT", 405, {}),
        ("POST", 400, {**form, "data": b"grant_type=%ff"}),
        ("POST", 400, {**form, "data": b"grant_type=\xff"}),
        ("POST", 413, {**form, "data": b"code=" + b"x" * 2_000_000}),
    ):
        answer = chen.wire.open(path, method=method, **options)
        assert error(answer) == (status, "invalid_request")
    assert "POST" in chen.wire.put(path).headers["Allow"]


@pytest.mark.parametrize(
    "authorization",
    [b"\xff\xfe:\xff", b"%s:\0", b"%s", b"%s:", b":", b"%%00:x"],
    ids=repr,
)
def test_a_broken_header_proves_nothing(chen, authorization):
    sent = authorization.replace(b"%s", chen.client_id.encode())
    headers = {"Authorization": f"Basic {base64.b64encode(sent).decode()}"}
    answer = chen.wire.post("/oauth/token", data={"grant_type": "x"}, headers=headers)
    assert error(answer) == (401, "invalid_client")


def test_nothing_of_a_program_is_read_from_the_address(chen):
    code = chen.asked()["code"]
    values = {"code": code, "redirect_uri": BACK, "code_verifier": chen.verifier}
    query = urlencode({"client_id": chen.client_id, "client_secret": chen.secret, **values})
    typed = {"grant_type": "authorization_code", **values}
    for form in (typed, {"grant_type": "authorization_code"}):
        answer = chen.wire.post(f"/oauth/token?{query}", data=form)
        assert error(answer) == (401, "invalid_client")
    token = chen.redeem(code).json["access_token"]
    assert chen.wire.get(f"/oauth/userinfo?access_token={token}").status_code == 401


def test_a_scheme_may_be_written_in_any_case(chen):
    shown = base64.b64encode(f"{chen.client_id}:{chen.secret}".encode()).decode()
    values = {"redirect_uri": BACK, "code_verifier": chen.verifier, "code": chen.asked()["code"]}
    answer = chen.wire.post(
        "/oauth/token",
        data={"grant_type": "authorization_code", **values},
        headers={"Authorization": f"bASIC {shown}"},
    )
    assert answer.status_code == 200
    headers = {"Authorization": f"BEARER {answer.json['access_token']}"}
    assert chen.wire.get("/oauth/userinfo", headers=headers).status_code == 200


def test_a_hint_of_another_client_signs_nobody_out(chen, evil, browser):
    eve = Program(browser(cast.EVE), evil.client_id, evil.secret, back=EVIL_BACK)
    hint = eve.tokens()["id_token"]
    page = chen.browser.open(f"/oauth/logout?{urlencode({'id_token_hint': hint})}", follow=False)
    assert (page.status, page.page.heading) == (200, "Sign out?")
    for client_id, address in (
        (chen.client_id, "https://wiki.acme.example/bye"),  # header and hint name two programs
        (evil.client_id, "https://wiki.acme.example/bye"),
    ):
        values = {"client_id": client_id, "post_logout_redirect_uri": address}
        query = urlencode({"id_token_hint": hint, **values})
        assert chen.browser.open(f"/oauth/logout?{query}", follow=False).status == 400
    assert "code" in chen.asked(prompt="none")


def test_programs_addresses_set_no_cookie_and_are_never_stored(chen):
    for method, path in (
        ("POST", "/oauth/token"),
        ("GET", "/oauth/userinfo"),
        ("POST", "/oauth/userinfo"),
        ("GET", "/oauth/jwks"),
        ("GET", "/.well-known/openid-configuration"),
    ):
        response = chen.browser.client.open(path, method=method)
        assert "Set-Cookie" not in response.headers
        assert response.headers["Cache-Control"] == "no-store"


def test_a_post_is_not_lost_on_the_way_through_signing_in(browser, wiki):
    stranger = Program(browser(), *wiki[0])
    answer = stranger.browser.post("/oauth/authorize", stranger.values(), follow=True)
    assert answer.status == 200
    sent = stranger.browser.send("/login", email=cast.CHEN, password=cast.PASSWORD, follow=False)
    answer = stranger.browser.open(sent.location, follow=False)
    assert stranger.redeem(answered(answer.location)["code"]).status_code == 200


def test_a_post_that_is_too_long_gets_a_page(chen):
    answer = chen.browser.post("/oauth/authorize", chen.values(state="x" * 5000), follow=False)
    assert answer.status == 400
