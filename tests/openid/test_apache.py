"""Apache with mod_auth_openidc, configured by docs/applications.md, signs people in with us."""

from __future__ import annotations

import json
from urllib.parse import quote, urlsplit

import pytest

from tests import cast
from tests.support import apache, program
from tests.support.arrivals import FORGED, PAGE, SCRIPT, put_in, signed_in
from tests.support.echo import echoing
from tests.support.live import LiveServer
from tests.support.page import Page
from tests.support.ports import free_port
from webapp import trace
from webapp.db import transaction
from webapp.domain.openid import logouts


@pytest.fixture
def live(make_app):
    """The application at a port of its own, which may tell programs on this machine."""
    server = LiveServer()
    app = make_app(PUBLIC_URL=server.address, WEBHOOK_LOOPBACK="on")
    server.serve(app)
    yield app, server.address
    server.close()


@pytest.fixture
def wiki(live, secrets):
    """A caller of the wiki behind Apache, which knows us."""
    app, gatehouse = live
    host = f"localhost:{free_port()}"
    there = f"https://{host}"
    with app.app_context(), trace.job("test"):
        client = {
            "redirect_uris": [f"{there}/.oidc"],
            "post_logout_redirect_uris": [f"{there}/"],
            "backchannel_logout_uri": f"{there}/.oidc?logout=backchannel",
        }
        _, row, secret = program.application(cast.organization(), client=client)
        client_id = row.client_id
        put_in(cast.group())
    secrets.learn(secret)
    with (
        echoing() as upstream,
        apache.running_at(host, gatehouse, client_id, secret, upstream) as caller,
    ):
        yield caller


@transaction()
def deactivate():
    cast.member().status = "deactivated"


def told(answer):
    """Who the program was told it is: every header that could be read as one of the four."""
    assert answer.status == 200, answer.text
    headers = json.loads(answer.text)["headers"]
    return {n: v for n, v in headers if n.replace("_", "-").lower().startswith("remote-")}


WHO = {
    "Remote-User": cast.CHEN,
    "Remote-Email": cast.CHEN,
    "Remote-Name": "Chen Wei",
    "Remote-Groups": "drivers",
}


def test_the_program_is_told_who_it_is_and_nothing_that_a_visitor_says(wiki, live):
    assert wiki.call("/page", **SCRIPT).status == 401
    assert wiki.call("/page", {"a": "b"}, **SCRIPT).status == 401
    assert wiki.raw("/page", **FORGED).status == 401
    first = signed_in(wiki, live[1], "/page?a=1")
    assert (json.loads(first.text)["path"], told(first)) == ("/page?a=1", WHO)
    cookie = {"Cookie": wiki.cookie("mod_auth_openidc_session")}
    assert told(wiki.raw("/page", **cookie, **FORGED)) == WHO
    sent = json.loads(wiki.call("/page", {"a": "b"}, **SCRIPT).text)
    assert (sent["method"], 'name="a"' in sent["body"]) == ("POST", True)
    assert dict(sent["headers"])["Host"] == urlsplit(wiki.address).netloc


def test_a_websocket_passes_with_a_session_and_is_refused_without(wiki, live):
    signed_in(wiki, live[1], "/")
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "x"}
    opened = wiki.raw("/socket", Cookie=wiki.cookie("mod_auth_openidc_session"), **upgrade)
    assert (opened.status, opened.headers["X-Saw-User"]) == (101, cast.CHEN)
    assert wiki.raw("/socket", **upgrade).status == 401


def test_signing_out_there_signs_out_here(wiki, live):
    signed_in(wiki, live[1], "/")
    there = quote(f"{wiki.address}/", safe="")
    page = wiki.call(f"/.oidc?logout={there}", **PAGE)
    assert (page.status, Page(page.text).heading) == (200, "Sign in")
    assert wiki.call("/page", **SCRIPT).status == 401


def test_once_access_has_ended_it_is_told_and_lets_nobody_in(wiki, live, monkeypatch):
    app, gatehouse = live
    monkeypatch.setenv("SSL_CERT_FILE", str(wiki.certificate))
    signed_in(wiki, gatehouse, "/")
    with app.app_context(), trace.job("test"):
        assert logouts.send() == 0
        assert wiki.call("/page", **SCRIPT).status == 200
        deactivate()
        assert logouts.send() == 1
    assert wiki.call("/page", **SCRIPT).status == 401
    refused = wiki.call("/page", **PAGE)
    assert (refused.status, Page(refused.text).heading) == (403, "You may not enter Wiki")
