"""What strangers, members and Eve try at the gate before applications."""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from sqlalchemy import func, select, text

from tests import cast
from tests.support.page import Page
from tests.support.visits import HOST, NAMES, PAGE, Visitor, names, wiki
from webapp import trace
from webapp.db import db
from webapp.domain import accounts, applications, organizations
from webapp.domain.accounts import sessions
from webapp.domain.members import ends, roles
from webapp.models import Visit

OTHER = "board.acme.example"
EVES = "eve.evil.example"
VISIT, STATE = "__Host-gatehouse-visit", "__Host-gatehouse-state"
EMPTY = ["", "", "", ""]


@pytest.fixture
def visitor(app, browser):
    """Browsers before two applications of Acme's, and one of Evil Corp's."""
    with app.app_context():
        wiki()
        wiki(OTHER, slug="board")
        wiki(EVES, slug="eves", of="evil")
    return partial(Visitor, app, browser)


@pytest.fixture
def chen(visitor):
    """Chen, on a visit to the wiki."""
    visitor = visitor(cast.CHEN)
    visitor.enter()
    return visitor


def cookie(visitor, name=VISIT, host=HOST):
    """The value of the cookie in the browser; None if it has none."""
    found = visitor.there.get_cookie(name, domain=host)
    return found.value if found else None


def plant(visitor, value, host, name=VISIT):
    """The cookie in the browser, whoever put it there."""
    visitor.there.set_cookie(name, value, domain=host, secure=True)


def test_a_visit_moved_to_another_host_is_none(chen, visitor):
    for host in (OTHER, EVES, "nobody.example"):
        thief = visitor()
        plant(thief, cookie(chen), host)
        answer = thief.check(host)
        assert answer.status in (302, 401)
        assert names(answer) == EMPTY


def test_a_proxy_that_names_another_application_than_the_host_has_opens_nothing(chen):
    headers = {**PAGE, "X-Forwarded-Host": HOST}
    for application, status in (
        ("acme/wiki", 200),
        ("acme/board", 401),
        ("evil/eves", 401),
        ("acme/none", 401),
        ("x", 401),
        ("", 401),
        ("acme/wiki&application=acme/wiki", 401),
        ("acme%2Fwiki%00", 401),
        ("a" * 5000, 401),
    ):
        answer = chen._ask(f"/gate/check?application={application}", HOST, headers=headers)
        assert (answer.status, names(answer)[0]) == (status, cast.CHEN if status == 200 else "")


def test_a_host_that_another_organization_has_taken_over_is_not_opened_by_the_old_block(
    chen, visitor, app
):
    headers = {**PAGE, "X-Forwarded-Host": EVES}
    eve = visitor(cast.EVE)
    eve.enter(EVES)
    assert eve._ask("/gate/check?application=evil/eves", EVES, headers=headers).status == 200
    assert eve._ask("/gate/check?application=acme/wiki", EVES, headers=headers).status == 401


@pytest.mark.parametrize(
    "forged",
    [
        {"X-Original-URL": f"https://{HOST}/"},
        {"X-Forwarded-Host": f"{OTHER}, {HOST}"},
        {"X-Forwarded-Host": f"{HOST}, {OTHER}"},
        {"X-Forwarded-Host": HOST + "\x00"},
        {"X-Forwarded-Host": "x" * 5000},
        {"X-Forwarded-Host": "[broken"},
        {"X-Original-URL": "https://[broken"},
        {"X-Original-URL": f"https://{OTHER}@{HOST}/"},
    ],
)
def test_a_host_that_is_named_in_two_ways_is_none(chen, forged):
    """The client may send what its own proxy does not overwrite, and any cookie it has."""
    plant(chen, cookie(chen), OTHER)
    headers = {**PAGE, "X-Forwarded-Host": OTHER, **forged}
    answer = chen._ask("/gate/check", OTHER, headers=headers)
    assert answer.status in (302, 401)
    assert names(answer) == EMPTY


def test_neither_of_two_hosts_is_believed(chen):
    for one, another in ((HOST, OTHER), (OTHER, HOST)):
        headers = {**PAGE, "X-Forwarded-Host": one, "X-Original-URL": f"https://{another}/"}
        answer = chen._ask("/gate/check", HOST, headers=headers)
        assert (answer.status, names(answer)) == (401, EMPTY)


def test_a_named_application_needs_no_host_and_is_refused_by_a_contradiction(chen):
    path = "/gate/check?application=acme/wiki"
    plant(chen, cookie(chen), "web")
    assert chen._ask(path, "web:8000").status == 200
    for told in ({"X-Forwarded-Host": OTHER}, {"X-Original-URL": f"https://{OTHER}/"}):
        assert chen._ask(path, HOST, headers={**PAGE, **told}).status == 401
    both = {"X-Forwarded-Host": HOST, "X-Original-URL": f"https://{OTHER}/"}
    assert chen._ask(path, HOST, headers={**PAGE, **both}).status == 401


def test_a_guessed_name_tells_nobody_the_host_of_an_application(visitor):
    """Whoever is led to a host has named it."""
    stranger = visitor()
    for told in ({}, {"X-Forwarded-Host": "gatehouse.test"}, {"X-Forwarded-Host": EVES}):
        answers = [
            stranger._ask(path, "gatehouse.test", headers={**PAGE, **told})
            for path in ("/gate/check?application=acme/wiki", "/gate/check?application=acme/none")
        ]
        assert [answer.status for answer in answers] == [401, 401]
        for answer in answers:
            assert HOST not in repr(answer.headers) + answer.text
    headers = {**PAGE, "X-Forwarded-Host": HOST, "X-Forwarded-Uri": "/page"}
    answer = stranger._ask("/gate/check?application=acme/wiki", "web:8000", headers=headers)
    assert answer.location == f"https://{HOST}/.gatehouse/start?to=%2Fpage"


def test_asked_by_anybody_it_says_nothing_that_their_own_cookie_does_not(chen, visitor):
    stranger = visitor()
    answer = stranger._ask(
        "/gate/check", "gatehouse.test", headers={**PAGE, "X-Forwarded-Host": HOST}
    )
    assert answer.status == 302
    assert names(answer) == EMPTY
    assert "Chen" not in answer.text


def test_a_code_works_once(chen, visitor):
    again = visitor()
    address = chen.code()
    plant(again, cookie(chen, STATE), HOST, STATE)  # even with all that the browser has
    assert chen.go(address).location == "/page?a=1"
    assert "/gate/failed" in again.go(address).location
    assert again.check().status == 302


def test_a_code_works_for_a_minute(chen, travel):
    address = chen.code(OTHER)
    travel(seconds=60)
    assert "/gate/failed" in chen.go(address).location
    address = chen.code(OTHER)
    travel(seconds=59)
    assert chen.go(address).location == "/page?a=1"


def test_a_code_of_one_host_opens_no_other(chen):
    address = chen.code()
    chen.go(f"https://{OTHER}/.gatehouse/start?to=/")
    plant(chen, cookie(chen, STATE), OTHER, STATE)
    moved = urlsplit(address)._replace(netloc=OTHER).geturl()
    assert "/gate/failed" in chen.go(moved).location
    assert chen.check(OTHER).status == 302


def test_nobody_is_signed_in_as_somebody_else_by_a_planted_code(visitor):
    """Login CSRF: Marco hands Chen the address with a code of his own."""
    marco, chen = visitor(cast.MARCO), visitor(cast.CHEN)
    address = marco.code()
    assert "/gate/failed" in chen.go(address).location
    assert chen.check().status == 302
    chen.go(f"https://{HOST}/.gatehouse/start?to=/")  # also with a state of their own
    assert "/gate/failed" in chen.go(address).location
    assert chen.check().status == 302
    chen.enter()
    assert chen.go(marco.code()).location == "/page?a=1"  # who is inside stays who they are
    assert names(chen.check())[0] == cast.CHEN


def test_a_code_made_for_another_browsers_state_is_useless(visitor):
    """Marco makes Chen's browser begin with the state of Marco's."""
    marco, chen = visitor(cast.MARCO), visitor(cast.CHEN)
    begun = marco.go(f"https://{HOST}/.gatehouse/start?to=/")
    coded = chen.go(begun.location)
    assert "/gate/failed" in chen.go(coded.location).location
    assert chen.check().status == 302


def test_a_visit_cookie_without_its_prefix_is_none_where_there_is_https(chen, visitor):
    """A neighbouring host can plant cookies for a whole domain, but none that begins with it."""
    victim = visitor()
    plant(victim, cookie(chen), HOST, "gatehouse-visit")
    plant(victim, cookie(chen, STATE), HOST, "gatehouse-state")
    assert victim.check().status == 302
    assert "/gate/failed" in victim.go(chen.code()).location


def test_tabs_that_are_opened_at_once_all_get_in(visitor):
    chen = visitor(cast.CHEN)
    first, second = chen.code(to="/1"), chen.code(to="/2")
    assert [chen.go(first).location, chen.go(second).location] == ["/1", "/2"]
    assert chen.check().status == 200


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/%0d%0aSet-Cookie: a=b".replace("%0d%0a", "\r\n"),
        "/\tx",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/" + "x" * 1001,
        "/.gatehouse/sign-out",
        "/\x00",
        "/é",
    ],
)
def test_nobody_is_led_to_another_host(visitor, to):
    chen = visitor(cast.CHEN)
    assert chen.enter(to=to).location == "/"
    assert (
        chen.go(f"https://{HOST}/.gatehouse/enter?code=x&{urlencode({'to': to})}").location == "/"
    )
    asked = visitor().check(X_Forwarded_Uri=to.encode().decode("latin-1").replace("\r\n", ""))
    back = parse_qs(urlsplit(asked.location).query, keep_blank_values=True)["to"]
    assert asked.location.startswith(f"https://{HOST}/.gatehouse/start?")
    assert back == ["/"]


def test_what_did_not_work_is_told_nobody_of_another_organization(visitor):
    for whose, status in ((cast.CHEN, 410), (cast.EVE, 404), (None, 303)):
        browser = visitor(whose).browser
        there = browser.open("/gate/failed?application=acme/wiki", follow=False)
        none = browser.open("/gate/failed?application=acme/none", follow=False)
        assert there.status == status
        if whose != cast.CHEN:
            assert (none.status, HOST in there.text) == (status, False)


@pytest.mark.parametrize("query", ["code=a&code=b", "code=" + "x" * 9000, "code=%00", "code", ""])
def test_strange_codes_are_refused(chen, visitor, query):
    answer = visitor().go(f"https://{HOST}/.gatehouse/enter?{query}")
    assert "/gate/failed" in answer.location


def test_a_code_beside_another_is_refused_and_not_used_up(visitor):
    chen = visitor(cast.CHEN)
    address = chen.code()
    for both in (f"{address}&code=x", address.replace("?", "?code=x&")):
        assert "/gate/failed" in chen.go(both).location
    assert chen.go(address).location == "/page?a=1"


@pytest.mark.parametrize("state", ["", "x", "0" * 63, "g" * 64, "0" * 65, "\x00" * 64])
def test_without_a_state_the_way_in_begins_again_and_no_code_is_made(chen, app, state):
    query = urlencode({"application": "acme/wiki", "state": state, "to": "/x"})
    answer = chen.go(f"/gate/enter?{query}")
    assert answer.location == f"https://{HOST}/.gatehouse/start?to=%2Fx"
    with app.app_context():
        assert db.session.scalar(select(func.count(Visit.id))) == 1


@pytest.mark.parametrize(
    "path", ["start", "enter", "refused", "sign-out", "left", "app.css", "login", "..%2flogin", ""]
)
@pytest.mark.parametrize("host", ["gatehouse.test", "nobody.example"])
def test_on_our_own_host_and_on_unknown_ones_there_is_nothing(visitor, path, host):
    answer = visitor()._ask(f"/.gatehouse/{path}", host)
    assert answer.status == (200 if path == "app.css" and answer.status == 200 else 404)


def test_trusted_hosts_let_exactly_these_through(make_app, browser):
    app = make_app(TRUSTED_HOSTS="gate.internal")
    with app.app_context():
        wiki()
    client = app.test_client()

    def status(path):
        return client.get(path, base_url=f"https://{HOST}", headers=PAGE).status_code

    assert status("/.gatehouse/start") == 302
    assert status("/gate/check") == 302
    for path in ("/gate/enter", "/gate/failed", "/login", "/", "/static/app.css", "/api/v1/docs"):
        assert status(path) == 400


def test_our_own_session_is_worth_nothing_on_another_host(visitor, app):
    chen = visitor(cast.CHEN)
    ours = chen.browser.client.get_cookie("gatehouse", domain="localhost").value
    plant(chen, ours, HOST, "gatehouse")
    plant(chen, ours, HOST, VISIT)
    assert chen.check().status == 302
    for path in ("start", "sign-out", "left"):
        answer = chen.go(f"https://{HOST}/.gatehouse/{path}")
        assert "Chen" not in answer.text
        assert "gatehouse_form" not in answer.headers.get("Set-Cookie", "")


def test_nobody_becomes_somebody_else_by_choosing_a_name(chen, app):
    """A program may have a user `admin` of its own."""
    with app.app_context():
        person = cast.person(cast.CHEN)
        accounts.change_profile(person, full_name="Priya Shah", username="admin", seen=None)
    assert names(chen.check()) == [cast.CHEN, cast.CHEN, "Priya Shah", ""]


def test_eve_gets_no_visit_to_acme_with_a_code_of_her_own(visitor):
    eve = visitor(cast.EVE)
    eve.enter(EVES)
    assert eve.check(EVES).status == 200
    begun = eve.go(f"https://{HOST}/.gatehouse/start?to=/")
    assert Page(eve.go(begun.location).text).heading == "You may not enter here"
    address = eve.code(EVES)
    plant(eve, cookie(eve, STATE, EVES), HOST, STATE)
    assert "/gate/failed" in eve.go(urlsplit(address)._replace(netloc=HOST).geturl()).location
    plant(eve, cookie(eve, VISIT, EVES), HOST)
    assert names(eve.check()) == EMPTY


def test_checks_are_neither_limited_nor_do_they_write(visitor, app, redis):
    chen = visitor(cast.CHEN)
    chen.enter()
    before = redis.client().dbsize()
    for _ in range(1000):
        answer = chen.check()
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers
    assert redis.client().dbsize() == before


def test_a_check_that_the_database_does_not_answer_lets_nobody_in(chen, app):
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE visits RENAME TO gone"))
    app.testing = False
    answer = chen.check()
    assert answer.status >= 500
    assert names(answer) == EMPTY
    assert all(name in answer.headers for name in NAMES)


MEANWHILE = {
    "deleted": (lambda: applications.delete(cast.organization(), "wiki", by=cast.person()), 404),
    "paused": (lambda: applications.pause(cast.organization(), "wiki", by=cast.person()), 303),
    "another's": (lambda: taken_over(), 303),
    "suspended": (lambda: organizations.suspend(cast.organization()), 303),
    "deactivated": (
        lambda: roles.deactivate(cast.organization(), cast.member().id, by=cast.person()),
        303,
    ),
    "ended": (
        lambda: ends.end_now(cast.organization(), cast.member().id, by=cast.person()),
        303,
    ),
    "signed out": (lambda: sessions.end_of(cast.CHEN), 303),
}


def taken_over():
    """Acme's wiki is deleted, and Evil Corp has an application at its host."""
    applications.delete(cast.organization(), "wiki", by=cast.person())
    wiki(slug="wiki", of="evil")


@pytest.mark.parametrize("how", MEANWHILE)
def test_what_ends_between_the_two_steps_lets_nobody_in(visitor, app, how):
    chen = visitor(cast.CHEN)
    address = chen.code()
    act, status = MEANWHILE[how]
    with app.app_context(), trace.job("test"):
        act()
    answer = chen.go(address)
    assert answer.status == status
    assert ("/gate/failed" in answer.location) == (status == 303)
    assert cookie(chen) is None
    for path in ("/gate/check", "/gate/check?application=acme/wiki"):
        checked = chen._ask(path, HOST, headers={**PAGE, "X-Forwarded-Host": HOST})
        assert checked.status in (302, 401, 403)
        assert names(checked) == EMPTY


def test_quoted_addresses_come_back_as_they_were(visitor):
    to = f"/a%20b?q={quote('ü/?&')}"
    assert visitor(cast.CHEN).enter(to=to).location == to
