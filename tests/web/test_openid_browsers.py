"""Public programs that run in browsers: what pages of other sites may read (CORS)."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support import program
from tests.support.program import AFTER, BACK, Program

pytestmark = pytest.mark.both_databases
OWN = "https://wiki.acme.example"
STRANGE = [
    *("https://evil.example", "null", "http://wiki.acme.example", "https://wiki.acme.example:8443"),
    *("https://wiki.acme.example.evil.example", "https://acme.example", "*", ""),
]


@pytest.fixture
def made(app, browser):
    """Acme's wiki as a program, with Chen at the door."""

    def make(**columns):
        with app.app_context():
            _, client, secret = program.application(cast.organization(), client=columns)
            return Program(browser(cast.CHEN), client.client_id, secret)

    return make


@pytest.fixture
def page(made):
    """The same, as a page that asks for itself."""
    return made(is_public=True)


def may_read(answer):
    assert "Access-Control-Allow-Credentials" not in answer.headers
    return answer.headers.get("Access-Control-Allow-Origin")


def send(page, origin, **form):
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    data = {"client_id": page.client_id, **form}
    return page.wire.post("/oauth/token", data=data, headers=headers)


def userinfo(page, origin, token):
    headers = {"Origin": origin, "Authorization": f"Bearer {token}", "Sec-Fetch-Site": "cross-site"}
    return page.wire.get("/oauth/userinfo", headers=headers)


def redeem(page, origin):
    values = {"redirect_uri": BACK, "code_verifier": page.verifier}
    code = page.asked()["code"]
    return send(page, origin, grant_type="authorization_code", code=code, **values)


def test_its_own_page_gets_tokens_and_reads_them(page):
    answer = redeem(page, OWN)
    assert (answer.status_code, may_read(answer)) == (200, OWN)
    assert "Origin" in answer.headers["Vary"]
    told = userinfo(page, OWN, answer.json["access_token"])
    assert (told.json["email"], may_read(told)) == (cast.CHEN, OWN)
    again = send(page, OWN, grant_type="refresh_token", refresh_token=answer.json["refresh_token"])
    assert (again.status_code, may_read(again)) == (200, OWN)


def test_its_own_page_reads_what_was_wrong(page):
    answer = send(page, OWN, grant_type="authorization_code")
    assert (answer.status_code, may_read(answer)) == (400, OWN)


@pytest.mark.parametrize("origin", STRANGE)
def test_a_page_of_an_outsider_reads_nothing(page, origin):
    assert may_read(redeem(page, origin)) is None
    token = page.tokens()["access_token"]
    assert may_read(userinfo(page, origin, token)) is None
    assert may_read(send(page, origin)) is None


def test_unknown_programs_and_tokens_have_no_pages(page):
    for client_id in ("", "x" * 24, "0" * 24, "\0", "x" * 2000):
        assert may_read(send(page, OWN, client_id=client_id)) is None
    for token in ("", "x", "x" * 5000):
        assert may_read(userinfo(page, OWN, token)) is None


def test_programs_with_a_secret_have_no_pages(made):
    wiki = made()
    assert may_read(send(wiki, OWN, client_secret=wiki.secret)) is None
    assert may_read(userinfo(wiki, OWN, wiki.tokens()["access_token"])) is None


def test_an_origin_is_written_as_browsers_write_it(made):
    loopback, with_port = "http://127.0.0.1:3000/callback", "https://Wiki.Acme.Example:443/x"
    page = made(is_public=True, redirect_uris=[loopback, with_port])
    for origin in ("http://127.0.0.1:3000", OWN):
        assert may_read(send(page, origin)) == origin
    assert may_read(send(page, "http://127.0.0.1:3001")) is None


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/userinfo"])
def test_browsers_may_ask_first_what_they_may_send(page, path):
    """Nobody is known then, and nothing is told; the answer itself decides who reads it."""
    headers = {
        "Origin": OWN,
        "Access-Control-Request-Method": "POST",
        "Sec-Fetch-Site": "cross-site",
    }
    answer = page.wire.options(path, headers=headers)
    assert (answer.status_code, may_read(answer), answer.text) == (200, "*", "")
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert "Set-Cookie" not in answer.headers


def test_what_is_the_same_for_everybody_is_read_by_everybody(page):
    for path in ("/.well-known/openid-configuration", "/oauth/jwks"):
        for headers in ({}, {"Origin": "https://evil.example"}):
            assert may_read(page.wire.get(path, headers=headers)) == "*"


def test_pages_never_read_where_people_are_sent(page):
    for path in (
        page.address(),
        "/oauth/logout",
        f"/oauth/logout?post_logout_redirect_uri={AFTER}",
    ):
        assert may_read(page.browser.client.get(path, headers={"Origin": OWN})) is None
