"""The blocks that an application's page shows, in real proxies before a real program."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from sqlalchemy import delete

from tests import cast
from tests.support import gate_proxies, proxies
from tests.support.arrivals import FORGED, PAGE, SCRIPT, put_in, signed_in
from tests.support.echo import echoing
from tests.support.live import LiveServer
from tests.support.page import Page
from tests.support.ports import free_port
from webapp.db import db, transaction
from webapp.domain.accounts import sessions
from webapp.models import Application, GroupMember
from webapp.web import proxy_blocks


@pytest.fixture
def live():
    """The port of the proxy before Gatehouse."""
    server = LiveServer()
    yield server
    server.close()


@pytest.fixture
def app(make_app, live):
    """Gatehouse, in this process."""
    app = make_app(PUBLIC_URL=live.address, TRUSTED_PROXIES="1")
    live.serve(app)
    return app


@pytest.fixture(params=["nginx", "Caddy"])
def proxy(request, app, live, tmp_path):
    """A client of a proxy before a program that says what it was sent."""
    host = f"localhost:{free_port()}"
    with app.test_request_context():
        group = cast.group()
        wiki = cast.application(home_url=f"https://{host}/", groups=[group.slug])
        put_in(group)
        (block,) = [one.text for one in proxy_blocks.of(wiki) if one.proxy == request.param]
    start = {"nginx": gate_proxies.nginx, "Caddy": gate_proxies.caddy}[request.param]
    with echoing() as upstream, start(block, host, upstream, tmp_path) as caller:
        yield caller


@pytest.fixture
def chen(proxy, live):
    """Chen, inside."""
    told = sign_in(proxy, live.address, "/page?a=1")
    assert told["path"] == "/page?a=1"
    return proxy


def sign_in(proxy, gatehouse, path):
    """What the program was sent at last, by somebody who had to sign in first."""
    return json.loads(signed_in(proxy, gatehouse, path).text)


def told(answer):
    """Who the program was told it is: every header that could be read as one of the four."""
    assert answer.status == 200, answer.text
    headers = json.loads(answer.text)["headers"]
    return {n: v for n, v in headers if n.replace("_", "-").lower().startswith("remote-")}


def cookie(proxy):
    """What the browser sends to the application's host."""
    return proxy.cookie("__Host-gatehouse-visit")


WHO = {
    "Remote-User": cast.CHEN,
    "Remote-Email": cast.CHEN,
    "Remote-Name": "Chen Wei",
    "Remote-Groups": "drivers",
}


def test_signing_in_leads_to_the_page_asked_for_and_the_program_knows_who_it_is(chen):
    assert told(chen.call("/x", **PAGE)) == WHO
    sent = json.loads(chen.call("/x", {"a": "b"}, **SCRIPT).text)
    assert (sent["method"], 'name="a"' in sent["body"]) == ("POST", True)
    assert chen.call("/status/403", **PAGE).text.startswith('{"method"')  # the program's own
    assert chen.call("/status/401", **SCRIPT).text.startswith('{"method"')


def test_what_a_visitor_sends_by_the_four_names_never_arrives(chen, app):
    assert told(chen.raw("/x", Cookie=cookie(chen), **PAGE, **FORGED)) == WHO
    with app.app_context():
        open_to_all()
    found = told(chen.raw("/x", Cookie=cookie(chen), **PAGE, **FORGED))
    assert {n: v for n, v in found.items() if v} == {
        n: v for n, v in WHO.items() if n != "Remote-Groups"
    }


@transaction()
def open_to_all():
    """Chen is in no group any more, and everybody may enter."""
    db.session.execute(delete(GroupMember))
    db.session.query(Application).one().for_everyone = True


def test_without_a_visit_nothing_gets_through_and_only_a_navigation_is_sent_elsewhere(proxy):
    more = {
        **FORGED,
        "X-Original-URL": "https://elsewhere.example/",
        "X-Forwarded-Uri": "/x",
        "X-Forwarded-Host": "elsewhere.example",
        "X-Forwarded-Method": "GET",
    }
    assert proxy.raw("/x", **more).status == 401
    for headers in ({}, more):
        assert proxy.call("/x", **SCRIPT, **headers).status == 401
        assert proxy.call("/x", {"a": "b"}, **PAGE, **headers).status == 401
        page = proxy.call("/x", **PAGE, **headers)
        assert Page(page.text).heading == "Sign in"
    for path in ("/.gatehouse/../x", "/.gatehouse/%2e%2e/x", "//.gatehouse/x", "/.gatehouse/x"):
        status, _, text = proxy.raw(path, Cookie="a=b")
        assert status in (302, 401, 404) and '"headers"' not in text


def test_a_websocket_passes_with_a_visit_and_is_refused_without(chen):
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "x"}
    status, headers, _ = chen.raw("/socket", Cookie=cookie(chen), **upgrade)
    assert (status, headers["X-Saw-User"]) == (101, cast.CHEN)
    status, headers, _ = chen.raw("/socket", **upgrade)
    assert status == 401
    assert "Location" not in headers


ODD_TARGETS = [
    *("/.gatehouse/../x", "/.gatehouse/%2e%2e/x", "/.gatehouse%2f..%2fx", "//.gatehouse/x"),
    *("/.GATEHOUSE/start", "/.gatehouse;a/../x", "/.gatehouse-check", "/gate/check"),
    *("/\\evil.example", "//evil.example/x", "/@evil.example", "/%09/x", "/\xe3\x80\x82/x", "/%00"),
    *("http://evil.example/x", "*", "x", "/" + "a" * 6000, "/" + "a" * 20000),
]
ODD_HEADERS = [
    *("Host: evil.example", "Remote-User: root\r\nRemote-User: admin", "Remote-User : root"),
    *("Remote.User: root", "Remote_user: root\r\nREMOTE_USER: admin", "Remote-User:\r\n root"),
    *("X-Forwarded-Uri: /" + "a" * 7000, "X-Forwarded-Method: \x01\xff", "X-Original-Method: \xff"),
    "Cookie: __Host-gatehouse-visit=x",
    "Content-Length: 4\r\nTransfer-Encoding: chunked",
]


def odd_requests(address):
    """Requests in odd notations, as bytes."""
    host = urlsplit(address).netloc
    name, _, port = host.partition(":")
    hosts = [name.upper() + f":{port}", f"{name}.:{port}", name, f"evil@{host}", "evil.example", ""]
    methods = ("HEAD", "OPTIONS", "TRACE", "PROPFIND", "POST", "get", "G\xffT")
    odd = [("GET", target, f"Host: {host}") for target in ODD_TARGETS]
    odd += [("GET", "/x", f"Host: {one}") for one in hosts]
    odd += [("GET", "/x", f"Host: {host}\r\n{more}") for more in ODD_HEADERS]
    odd += [(method, "/x", f"Host: {host}") for method in methods]
    for method, target, headers in odd:
        yield f"{method} {target} HTTP/1.1\r\n{headers}".encode("latin-1")


def test_requests_in_odd_notations_let_nobody_in_and_make_nobody_somebody_else(chen):
    navigation = b"\r\nAccept: text/html\r\nSec-Fetch-Mode: navigate"
    with_visit = navigation + f"\r\nCookie: {cookie(chen)}".encode()
    for request in odd_requests(chen.address):
        for more in (navigation, with_visit):
            answer = chen.bytes_of(request + more, b"0\r\n\r\n")
            first, _, page = answer.partition("\r\n\r\n")
            status = int(first.split()[1]) if first else 400
            assert status < 500 or status == 501, (request, first)  # 501: the program's own
            if '"headers"' not in page:
                continue
            assert more is with_visit, request
            who = {n: v for n, v in json.loads(page)["headers"] if "remote" in n.lower()}
            assert who == WHO, request


def test_what_ends_is_over_by_the_next_request_and_the_page_says_whom_to_ask(chen, app, redis):
    redis.kill()
    with app.app_context():
        transaction()(lambda: db.session.execute(delete(GroupMember)))()
    refused = chen.call("/x", **PAGE)
    assert refused.status == 403
    assert "Only members of certain groups may enter." in refused.text
    assert f"You are signed in as {cast.CHEN}." in refused.text
    assert "Priya Shah" in refused.text
    assert chen.call("/x", **SCRIPT).status == 403
    with app.app_context():
        sessions.end_of(cast.CHEN)
    assert chen.call("/x", **SCRIPT).status == 401
    assert Page(chen.call("/x", **PAGE).text).heading == "Sign in"


@pytest.mark.parametrize("kind", ["nginx", "Caddy"])
def test_it_works_as_well_through_the_proxy_before_gatehouse_itself(make_app, kind, tmp_path):
    """That one overwrites what the application's proxy says of hosts."""
    front, host = f"http://localhost:{free_port()}", f"127.0.0.1:{free_port()}"
    server = LiveServer()
    app = make_app(PUBLIC_URL=front, TRUSTED_PROXIES="1", TRUSTED_HOSTS="localhost")
    with app.test_request_context():
        wiki = cast.application(home_url=f"https://{host}/")
        (block,) = [one.text for one in proxy_blocks.of(wiki) if one.proxy == kind]
    start = {"nginx": gate_proxies.nginx, "Caddy": gate_proxies.caddy}[kind]
    folders = [tmp_path / "front", tmp_path / "application"]
    for folder in folders:
        folder.mkdir()
    port = urlsplit(server.address).port
    try:
        server.serve(app)
        with (
            proxies.caddy(front, port, folders[0]),
            echoing() as upstream,
            start(block, host, upstream, folders[1]) as caller,
        ):
            sent = sign_in(caller, front, "/page?a=1")
    finally:
        server.close()
    assert sent["path"] == "/page?a=1"
    assert dict(sent["headers"])["Remote-User"] == cast.CHEN
