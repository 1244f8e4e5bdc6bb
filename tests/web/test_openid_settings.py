"""An application's settings for OpenID Connect: pages and calls."""

from __future__ import annotations

import pytest

from tests import cast
from tests.api.conftest import make_key, program
from webapp.db import db
from webapp.domain.openid import clients
from webapp.models import Event, OidcClient

__all__ = ["make_key", "program"]
pytestmark = pytest.mark.both_databases
PAGE = "/orgs/acme/applications/wiki"
CALLBACK = "https://wiki.acme.example/callback"


@pytest.fixture
def priya(app, browser):
    """Priya, whose organization has a wiki."""
    with app.app_context():
        cast.application()
    return browser(cast.PRIYA)


def test_a_new_application_has_a_client_id_from_the_beginning(browser):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/applications/new")
    priya.send("/applications", name="Wiki", home_url="https://wiki.acme.example/")
    with priya.app.app_context():
        (client,) = db.session.query(OidcClient)
    assert client.client_id in priya.at.text


def test_a_secret_is_shown_once(priya, app):
    priya.open(f"{PAGE}/secret")
    page = priya.send("/secret")
    found = page.text.partition('id="client-secret" value="')[2].partition('"')[0]
    priya.secrets.learn(found)
    assert found not in priya.open(PAGE).text
    with app.app_context():
        (client,) = db.session.query(OidcClient)
        assert clients.has_secret(client, found)
        assert found not in (client.secret_digest, client.client_id)


def test_addresses_are_kept_as_typed_and_refused_with_what_is_wrong(priya, app):
    priya.open(f"{PAGE}/openid")
    priya.send("/openid", redirect_uris=f"{CALLBACK}\nhttp://127.0.0.1:8000/cb\n\n{CALLBACK}\n")
    with app.app_context():
        (client,) = db.session.query(OidcClient)
        assert client.redirect_uris == [CALLBACK, "http://127.0.0.1:8000/cb"]
        (event,) = db.session.query(Event).filter_by(name="ApplicationChanged")
        assert event.data["changed"] == "its redirect addresses"
    for wrong in (
        *("http://wiki.acme.example/", "wiki.acme.example", "javascript:alert(1)", "https://"),
        *("https://a@b.example/", "https://b.example/#x", "https://*.example/", "https://b c/"),
        *("https://b.example\\@evil.example/", "https://[x/", "https://b.example/" + "x" * 500),
        *("https://b.example:99999/", "//b.example/", "http://localhost.evil.example/"),
    ):
        priya.open(f"{PAGE}/openid")
        answer = priya.send("/openid", redirect_uris=wrong, follow=False)
        assert answer.status == 422, wrong
    for wrong in ("https://127.0.0.1/", "https://10.0.0.1/", "http://8.8.8.8/", "https://host/"):
        answer = priya.send("/openid", redirect_uris="", backchannel_logout_uri=wrong)
        assert answer.status == 422, wrong


def test_a_public_program_loses_its_secrets(priya, app):
    priya.open(f"{PAGE}/secret")
    priya.send("/secret")
    priya.open(f"{PAGE}/openid")
    priya.send("/openid", public="y")
    with app.app_context():
        (client,) = db.session.query(OidcClient)
        assert (client.is_public, client.secret_digest) == (True, None)
    priya.open(f"{PAGE}/secret")
    assert priya.send("/secret").status == 422


def test_programs_do_the_same_by_the_api(app, secrets, program):
    with app.app_context():
        cast.application()
    caller = program()
    made = caller.post("/applications/wiki/secret").json
    secrets.learn(made["client_secret"])
    body = {
        "name": "Handbook",
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [CALLBACK],
        "backchannel_logout_uri": "https://8.8.8.8/bye",
        "public": False,
    }
    answer = caller.call("PATCH", "/applications/wiki", body).json
    assert body.items() <= answer.items()
    assert answer["client_id"] == made["client_id"]
    assert "secret" not in str(caller.get("/applications/wiki").json)
    refused = caller.call("PATCH", "/applications/wiki", {"redirect_uris": ["http://x.example"]})
    assert refused.status_code == 422


def test_a_call_is_one_change_and_says_all_that_is_wrong_at_once(app, program):
    with app.app_context():
        cast.application()
    caller = program()
    caller.call("PATCH", "/applications/wiki", {"name": "Plan", "redirect_uris": [CALLBACK]})
    with app.app_context():
        (event,) = db.session.query(Event).filter_by(name="ApplicationChanged")
        assert event.data["changed"] == "the name to “Plan” and its redirect addresses"
    wrong = {"home_url": "http://x.example", "redirect_uris": ["http://x.example"]}
    answer = caller.call("PATCH", "/applications/wiki", wrong)
    assert {error["pointer"] for error in answer.json["errors"]} == {
        "#/home_url",
        "#/redirect_uris",
    }


@pytest.mark.parametrize("email", [cast.EVE, cast.MARCO, cast.CHEN])
def test_only_admins_of_the_organization_may(priya, browser, email):
    other = browser(email)
    for page in ("openid", "secret"):
        assert other.open(f"{PAGE}/{page}").status in (403, 404)
        assert other.post(f"{PAGE}/{page}", {}).status in (403, 404)
