"""Where requests come from: whatever a proxy writes down, one caller is one place."""

from __future__ import annotations

import logging
from ipaddress import ip_address

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from tests import cast
from webapp.config import Settings
from webapp.db import db
from webapp.models import Session
from webapp.web import origin

PEER = "192.0.2.77"
JUNK = "x" * 65_536


def behind(told, hops=1, peer=PEER):
    """What a request with that header is taken for, behind so many proxies: address, network."""
    app = Flask(__name__)  # with settings, which are all that it needs
    app.extensions["settings"] = Settings(trusted_proxies=hops)
    environ = {"REMOTE_ADDR": peer} | ({} if told is None else {"HTTP_X_FORWARDED_FOR": told})
    with app.test_request_context("/", environ_overrides=environ):
        return origin.address(), origin.network()


@pytest.mark.parametrize(
    ("told", "address", "network"),
    [
        ("203.0.113.9", "203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:50000", "203.0.113.9", "203.0.113.9"),
        ("[203.0.113.9]:50000", "203.0.113.9", "203.0.113.9"),
        (" 203.0.113.9 ", "203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:443", "203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9:50000", "203.0.113.9", "203.0.113.9"),
        ("2001:DB8:0::1", "2001:db8::1", "2001:db8::/64"),
        ("[2001:db8::1]", "2001:db8::1", "2001:db8::/64"),
        ("[2001:db8::1]:443", "2001:db8::1", "2001:db8::/64"),
        ("2001:db8::1:50000", "2001:db8::1", "2001:db8::/64"),
        ("2001:db8:1:2:3:4:5:6:443", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("[fe80::1%25eth0]:443", "fe80::1", "fe80::/64"),
        ("203.0.113.1, 203.0.113.9:1", "203.0.113.9", "203.0.113.9"),
        (f"{JUNK}, 203.0.113.9", "203.0.113.9", "203.0.113.9"),
        # A quotation mark hides nothing: the list is no list of quoted strings.
        ('"203.0.113.1, 203.0.113.9', "203.0.113.9", "203.0.113.9"),
        *(
            (told, "unknown", "unknown")
            for told in (
                *("unknown", "_hidden", "for=203.0.113.9", "<script>", "localhost", "-", "::::"),
                *("203.0.113", "203.0.113.9.1", "203.0.113.256", "0x7f.1", "203.0.113.9/24"),
                *("203.0.113.9:port", "203.0.113.9:", "203.0.113.9:5:5", "203.0.113.9:999999"),
                *("[203.0.113.9", "[2001:db8::1]x", "[]:443", "[2001:db8::1]]:443", "1 2.3.4"),
                *(JUNK, f"203.0.113.9, {JUNK}", "203.0.113.9, ", ",", "\u0661.2.3.4"),
            )
        ),
    ],
    ids=lambda text: text[:40],
)
def test_what_a_proxy_wrote_is_read_as_an_address_or_is_the_one_unknown_place(
    told, address, network
):
    assert behind(told.encode().decode("latin-1")) == (address, network)


def test_without_a_header_it_is_whoever_connects():
    assert behind(None) == (PEER, PEER)
    assert behind("") == (PEER, PEER)
    assert behind(None, peer="") == ("unknown", "unknown")
    assert behind(None, peer="unix:") == ("unknown", "unknown")
    # Who comes past a proxy has written the header without its help.
    assert behind("203.0.113.9", hops=2) == (PEER, PEER)


@pytest.mark.parametrize("hops", [0, None])
def test_without_a_trusted_proxy_the_header_is_not_read(hops):
    assert behind("203.0.113.9", hops=hops) == (PEER, PEER)


@pytest.mark.parametrize(
    "sent",
    ["203.0.113.1", '203.0.113.1, "', '"', '203.0.113.1, "203.0.113.2', "\\", "203.0.113.1,,", ","],
)
@pytest.mark.parametrize("hops", [1, 2, 3])
def test_nothing_that_a_caller_sends_moves_what_the_proxies_add(sent, hops):
    added = ["198.51.100.7", *(f"10.0.0.{number}" for number in range(1, hops))]
    assert behind(", ".join([sent, *added]), hops=hops)[0] == "198.51.100.7"


ADDRESSES = st.ip_addresses()
PORTS = st.integers(0, 65_535)


@given(ADDRESSES, PORTS, st.sampled_from(["", " ", "\t"]))
def test_every_way_of_writing_an_address_is_the_same_place(address, port, space):
    plain = behind(str(address))
    ways = [f"[{address}]:{port}", f"[{address}]", f"{space}{address}{space}", str(address).upper()]
    if address.version == 4:
        ways += [f"{address}:{port}", f"::ffff:{address}", f"[::ffff:{address}]:{port}"]
    else:
        ways += [address.exploded, f"{address}%eth0", f"[{address}%25eth0]:{port}"]
        ways += [f"{address.exploded}:{port}"]
    assert {behind(way) for way in ways} == {plain}
    assert "unknown" not in plain


@given(st.text(max_size=120))
@example("\x00")
@example("2001:db8::1%")
def test_whatever_is_written_is_an_address_or_unknown(text):
    told = text.encode("utf-8", "surrogatepass").decode("latin-1")
    address, network = behind(told)
    if address == origin.UNKNOWN:
        assert network == origin.UNKNOWN
    else:
        assert str(ip_address(address)) == address
        assert "%" not in address + network


WAYS = [
    lambda n: f"203.0.113.9:{50_000 + n}",
    lambda n: f"[203.0.113.9]:{50_000 + n}",
    lambda n: f"[2001:db8::{n:x}]:{50_000 + n}",
    lambda n: f"garbage{n}",
    lambda n: f'"{n}',
    lambda n: f'"{n}, 203.0.113.9',
    lambda n: f"fe80::1%eth{n}",
    lambda n: f"::ffff:203.0.113.9%{n}",
]


@pytest.mark.parametrize("way", WAYS)
def test_no_spelling_gains_tries_at_signing_in(make_app, way):
    client = make_app(TRUSTED_PROXIES="1").test_client()
    seen = [
        client.post(
            "/api/v1/sessions",
            json={"email": cast.PRIYA, "password": "not her password"},
            headers={"X-Forwarded-For": way(number)},
        ).status_code
        for number in range(12)
    ]
    assert seen == [401] * 10 + [429] * 2


def test_a_session_keeps_the_address_or_that_it_is_unknown(make_app):
    app = make_app(TRUSTED_PROXIES="1")
    for told in ("203.0.113.9:50000", "<script>", "2001:db8::1"):
        client = app.test_client()
        made = client.post(
            "/api/v1/sessions",
            json={"email": cast.PRIYA, "password": cast.PASSWORD},
            headers={"X-Forwarded-For": told},
        )
        assert made.status_code == 201
    with app.app_context():
        kept = [one.address for one in db.session.scalars(select(Session).order_by(Session.id))]
    assert kept[-3:] == ["203.0.113.9", "unknown", "2001:db8::1"]


@pytest.mark.parametrize("said", ["https", "javascript", "evil.example, https", "h" * 65_536])
def test_what_headers_say_of_scheme_and_host_leads_nowhere(make_app, said):
    client = make_app(TRUSTED_PROXIES="1").test_client()
    for header in ("X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix", "Forwarded"):
        answer = client.get("/orgs/acme?q=1", headers={header: said})
        assert (answer.status_code, answer.location[:6]) == (303, "/login")
        assert said not in answer.location


def test_that_a_proxy_is_not_believed_is_said_once(make_app, caplog, monkeypatch):
    monkeypatch.setattr(origin, "_warned", type(origin._warned)())
    trusting = make_app(TRUSTED_PROXIES="1").test_client()
    trusting.get("/login", headers={"X-Forwarded-For": "203.0.113.9"})
    plain = make_app(TRUSTED_PROXIES="0").test_client()
    plain.get("/login")
    assert not said(caplog)
    for number in range(3):
        plain.get("/login", headers={"X-Forwarded-For": f"203.0.113.{number}"})
    (line,) = said(caplog)
    assert "set TRUSTED_PROXIES to how many" in line


def said(caplog):
    return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
