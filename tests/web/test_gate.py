"""The gate before applications: the way in, and every request after it."""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import delete, select

from tests import cast
from tests.support.page import Page
from tests.support.visits import HOST, NAMES, PAGE, Visitor, names, wiki
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import applications
from webapp.domain.accounts import sessions
from webapp.domain.applications import hosts
from webapp.models import Application, ApplicationGroup, Event, GroupMember

pytestmark = pytest.mark.both_databases
EMPTY = ["", "", "", ""]


@pytest.fixture
def visitor(app, browser):
    """Browsers, signed in if asked, before Acme's wiki."""
    with app.app_context():
        wiki()
    return partial(Visitor, app, browser)


@pytest.fixture
def chen(visitor):
    """Chen, on a visit."""
    visitor = visitor(cast.CHEN)
    assert visitor.enter().status == 303
    assert visitor.check().status == 200
    return visitor


@transaction()
def change(row, **columns):
    """The row with other columns."""
    for name, value in columns.items():
        setattr(row, name, value)
    db.session.add(row)


@transaction()
def put_in(application, group, *members):
    """The group may enter, and these are in it."""
    keys = {"group_id": group.id, "organization_id": group.organization_id}
    db.session.add(ApplicationGroup(application_id=application.id, **keys))
    for member in members:
        db.session.add(GroupMember(membership_id=member.id, added_at=clock.now(), **keys))


def test_the_way_in_ends_where_it_began_and_the_wiki_learns_who_it_is(visitor):
    chen = visitor(cast.CHEN)
    asked = chen.check(path="/page?a=1&b=2")
    assert asked.status == 302
    assert asked.location == f"https://{HOST}/.gatehouse/start?to=%2Fpage%3Fa%3D1%26b%3D2"
    assert names(asked) == EMPTY
    begun = chen.go(asked.location)
    assert begun.location.startswith("http://gatehouse.test/gate/enter?application=acme%2Fwiki")
    coded = chen.go(begun.location)
    assert coded.status == 303
    assert coded.location.startswith(f"https://{HOST}/.gatehouse/enter?code=")
    entered = chen.go(coded.location)
    assert (entered.status, entered.location) == (303, "/page?a=1&b=2")
    (cookie,) = entered.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-gatehouse-visit=")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=28800"):
        assert flag in cookie.split("; ")
    assert "Domain" not in cookie
    passed = chen.check()
    assert passed.status == 200
    assert names(passed) == [cast.CHEN, cast.CHEN, "Chen Wei", ""]
    assert "Set-Cookie" not in passed.headers


def test_somebody_who_is_not_signed_in_signs_in_first_and_comes_back(visitor):
    chen = visitor()
    begun = chen.go(f"https://{HOST}/.gatehouse/start?to=/page")
    asked = chen.go(begun.location)
    assert asked.location.startswith("/login?next=")
    chen.browser.open(asked.location)
    back = chen.browser.send("/login", follow=False, email=cast.CHEN, password=cast.PASSWORD)
    assert back.location == urlsplit(begun.location)._replace(scheme="", netloc="").geturl()
    coded = chen.go(back.location)
    assert chen.go(coded.location).location == "/page"
    assert chen.check().status == 200


def test_after_a_form_a_page_leads_on_as_form_action_covers_redirects(visitor):
    chen = visitor(cast.CHEN)
    begun = chen.go(f"https://{HOST}/.gatehouse/start?to=/page")
    page = chen.go(begun.location, headers={"Sec-Fetch-Site": "same-origin"})
    assert page.status == 200
    address = page.page.root.find(".//meta[@http-equiv='refresh']").get("content")
    assert address.startswith(f"0; url=https://{HOST}/.gatehouse/enter?code=")
    assert chen.go(address.partition("url=")[2]).location == "/page"


def test_groups_are_told_and_those_that_were_deleted_are_not(chen, app):
    with app.app_context():
        member = cast.member()
        for slug in ("pilots", "drivers"):
            put_in(db.session.query(Application).one(), cast.group(slug, slug.title()), member)
        gone = cast.group("gone", "Gone")
        put_in(db.session.query(Application).one(), gone, member)
        change(gone, deleted_at=clock.now())
    assert chen.check().headers["Remote-Groups"] == "drivers,pilots"


def test_a_name_cannot_add_headers_and_is_sent_in_utf_8(chen, app):
    with app.app_context():
        change(cast.person(cast.CHEN), full_name="Søren\r\nRemote-Groups: admins\x7f Ångström")
    told = chen.check().headers["Remote-Name"]
    assert told.encode("latin-1").decode() == "Søren Remote-Groups: admins  Ångström"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Mode": "websocket", "Upgrade": "websocket"},
        {"Upgrade": "websocket", "Connection": "Upgrade"},
        {"Sec-WebSocket-Key": "x"},
        {"X-Forwarded-Method": "POST"},
        {"X-Original-Method": "DELETE"},
        {"X-Forwarded-Method": "PROPFIND"},
        {"Sec-Fetch-Mode": "", "Accept": "*/*"},
        {"Sec-Fetch-Mode": "", "Accept": "application/json"},
        {"Sec-Fetch-Mode": "", "X-Requested-With": "XMLHttpRequest"},
    ],
)
def test_what_is_no_navigation_gets_401_and_never_a_redirect(visitor, headers):
    answer = visitor().check(**headers)
    assert answer.status == 401
    assert names(answer) == EMPTY
    assert not {"Location", "X-Gatehouse-Location", "Set-Cookie"} & set(answer.headers.keys())


METHODS = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "PROPFIND", "X-OWN"]


@pytest.mark.parametrize("method", METHODS)
def test_a_proxy_may_ask_with_any_method_and_none_of_them_passes_by_itself(visitor, method):
    visitor = visitor()
    headers = {**PAGE, "X-Forwarded-Host": HOST, "Sec-Fetch-Site": "cross-site"}
    answer = visitor._ask("/gate/check", HOST, method, headers=headers, data="\xff")
    assert answer.status == (302 if method == "HEAD" else 401)
    assert names(answer) == EMPTY


@pytest.mark.parametrize("method", METHODS)
def test_whatever_the_method_a_visit_passes_and_a_barred_one_does_not(chen, app, travel, method):
    def asked():
        return chen._ask("/gate/check", HOST, method, headers={"X-Forwarded-Host": HOST})

    assert (asked().status, names(asked())[0]) == (200, cast.CHEN)
    travel(hours=2)  # its session's use is noted, by the view
    assert (asked().status, names(asked())[0]) == (200, cast.CHEN)
    with app.app_context():
        applications.pause(cast.organization(), "wiki", by=cast.person())
    assert (asked().status, names(asked())) == (403, EMPTY)


def test_older_browsers_are_known_by_what_they_accept(visitor):
    answer = visitor().check(Sec_Fetch_Mode="", Accept="text/html,application/xhtml+xml")
    assert answer.status == 302


def test_nginx_takes_no_redirect_and_gets_the_address_in_a_header(visitor):
    visitor = visitor()
    address = {"X-Original-URL": f"https://{HOST}/page?a=1", "X-Original-Method": "GET"}
    answer = visitor._ask("/gate/check", "gatehouse.test", headers={**PAGE, **address})
    assert answer.status == 401
    assert answer.headers["X-Gatehouse-Location"] == (
        f"https://{HOST}/.gatehouse/start?to=%2Fpage%3Fa%3D1"
    )
    assert names(answer) == EMPTY


def test_what_somebody_sends_themselves_is_never_told(visitor, chen):
    forged = {name.replace("-", "_"): "root" for name in NAMES}
    assert names(chen.check(**forged)) == [cast.CHEN, cast.CHEN, "Chen Wei", ""]
    assert names(visitor().check(**forged)) == EMPTY


def test_a_websocket_of_somebody_on_a_visit_passes(chen):
    answer = chen.check(Upgrade="websocket", Connection="Upgrade", Sec_Fetch_Mode="websocket")
    assert (answer.status, names(answer)[0]) == (200, cast.CHEN)


def barred(chen, app, change_it):
    """What the next request is answered once this was done."""
    with app.app_context():
        change_it()
    return chen.check()


def wiki_now():
    """The wiki's row."""
    return hosts.at(HOST)


ENDINGS = {
    "deactivated": (
        lambda: change(cast.member(), status="deactivated"),
        403,
        "Your membership is deactivated.",
    ),
    "ended": (lambda: change(cast.member(), ends_at=clock.now()), 403, "Your access has ended."),
    "paused": (lambda: change(wiki_now(), paused_at=clock.now()), 403, "paused this application"),
    "no group": (lambda: change(wiki_now(), for_everyone=False), 403, "certain groups"),
    "unverified": (
        lambda: change(
            cast.person(cast.CHEN), verified_at=None, confined_to_id=cast.organization().id
        ),
        403,
        "Your email address is not confirmed.",
    ),
    "unverified elsewhere": (
        lambda: change(
            cast.person(cast.CHEN), verified_at=None, confined_to_id=cast.organization("evil").id
        ),
        403,
        "This account is not a member here.",
    ),
    "suspended": (
        lambda: change(cast.organization(), suspended_at=clock.now()),
        403,
        "This organization is suspended.",
    ),
    "second factor": (
        lambda: change(wiki_now(), needs_second_factor=True),
        403,
        "This needs a second factor.",
    ),
    "signed out": (lambda: sessions.end_of(cast.CHEN), 302, ""),
    "account deleted": (
        lambda: change(cast.person(cast.CHEN), deleted_at=clock.now()),
        302,
        "",
    ),
    "application deleted": (lambda: remove_wiki(), 401, ""),
}


@transaction()
def remove_wiki():
    """The wiki is deleted, with all that is of it."""
    db.session.execute(delete(Application))


@pytest.mark.parametrize("how", ENDINGS)
@pytest.mark.parametrize("redis_is_there", [True, False])
def test_the_next_request_is_refused(chen, app, redis, how, redis_is_there):
    if not redis_is_there:
        redis.kill()
    act, status, words = ENDINGS[how]
    answer = barred(chen, app, act)
    assert answer.status == status
    assert names(answer) == EMPTY
    if status == 403:
        page = Page(answer.text)
        is_outside = how == "unverified elsewhere"
        assert page.heading == f"You may not enter {'here' if is_outside else 'Wiki'}"
        assert f"You are signed in as {cast.CHEN}." in answer.text
        assert words in answer.text
        assert ("Priya Shah" in answer.text) == (how not in ("deactivated", "unverified elsewhere"))
        line = chen.check(Sec_Fetch_Mode="cors")
        assert (line.status, line.headers["Content-Type"]) == (403, "text/plain; charset=utf-8")


def test_out_of_its_group_is_out_of_the_application(chen, app):
    with app.app_context():
        application, member = wiki_now(), cast.member()
        change(application, for_everyone=False)
        put_in(application, cast.group(), member)
    assert chen.check().status == 200

    @transaction()
    def take_out():
        db.session.execute(delete(GroupMember))

    assert barred(chen, app, take_out).status == 403


def test_a_visit_ends_with_its_time_and_never_outlasts_its_session(visitor, app, travel):
    with app.app_context():
        change(wiki_now(), visit_minutes=43200)
    chen = visitor(cast.CHEN)
    travel(days=20)
    assert chen.check().status == 302


def test_a_visit_of_eight_hours_ends_after_eight_hours(chen, travel):
    travel(hours=7, minutes=59)
    assert chen.check().status == 200
    travel(minutes=1)
    assert chen.check().status == 302


def test_a_visit_is_over_at_the_very_moment_of_its_end(visitor):
    chen = visitor(cast.CHEN)
    with clock.stopped():
        chen.enter()
        with clock.ahead(hours=8, microseconds=-1):
            assert chen.check().status == 200
        with clock.ahead(hours=8):
            assert chen.check().status == 302


def test_what_is_used_behind_the_gate_counts_as_use_of_the_session(visitor, app, travel):
    with app.app_context():
        change(wiki_now(), visit_minutes=43200)
    chen = visitor(cast.CHEN)
    chen.enter()
    for _ in range(4):
        travel(days=5)
        assert chen.check().status == 200


def recorded(app, name):
    """The events of that name."""
    with app.app_context():
        return db.session.scalars(select(Event).where(Event.name == name)).all()


def test_each_visit_is_on_record_once_and_so_is_who_was_refused(chen, app):
    for _ in range(3):
        assert chen.check().status == 200
    (entered,) = recorded(app, "ApplicationEntered")
    assert entered.told["application"] == "wiki"
    assert entered.told["how"] == "through the proxy"
    with app.app_context():
        change(wiki_now(), paused_at=clock.now())
    for _ in range(3):
        assert chen.check().status == 403
    (refused,) = recorded(app, "ApplicationRefused")
    assert refused.told["reason"] == "the application is paused"
    chen.go(f"/gate/enter?application=acme/wiki&state={'0' * 64}&to=/")
    assert len(recorded(app, "ApplicationRefused")) == 1


def test_two_who_are_not_members_learn_the_same_of_an_application_and_of_none(visitor):
    eve = visitor(cast.EVE)
    pages = []
    for name in ("acme/wiki", "acme/none", "none/wiki", "wiki", ""):
        answer = eve.go(f"/gate/enter?application={name}&state={'0' * 64}&to=/")
        assert answer.status == 403
        pages.append(Page(answer.text))
        assert f"You are signed in as {cast.EVE}." in answer.text
        for secret in ("Wiki", HOST, "Priya", "Acme"):
            assert secret not in answer.text
    assert {page.heading for page in pages} == {"You may not enter here"}


def test_refused_on_the_way_in_says_as_whom_why_and_whom_to_ask(visitor, app):
    with app.app_context():
        change(wiki_now(), for_everyone=False)
    chen = visitor(cast.CHEN)
    begun = chen.go(f"https://{HOST}/.gatehouse/start?to=/page")
    answer = chen.go(begun.location)
    assert answer.status == 403
    assert answer.page.heading == "You may not enter Wiki"
    assert f"You are signed in as {cast.CHEN}." in answer.text
    assert "Only members of certain groups may enter." in answer.text
    assert "You can ask: Priya Shah" in answer.text


def test_leaving_ends_the_visit_and_not_the_session(chen):
    page = chen.go(f"https://{HOST}/.gatehouse/sign-out")
    assert Page(page.text).heading == "Leave Wiki?"
    kept = chen.there.get_cookie("__Host-gatehouse-visit", domain=HOST).value
    left = chen.go(f"https://{HOST}/.gatehouse/sign-out", method="POST")
    assert (left.status, left.location) == (303, "/.gatehouse/left")
    assert chen.there.get_cookie("__Host-gatehouse-visit", domain=HOST) is None
    assert Page(chen.go(f"https://{HOST}/.gatehouse/left").text).heading == "You have left Wiki"
    chen.there.set_cookie("__Host-gatehouse-visit", kept, domain=HOST, secure=True)
    assert chen.check().status == 302
    assert chen.enter().status == 303


def test_a_code_opened_again_leads_on_in_the_same_browser(chen):
    address = chen.code(to="/again")
    assert chen.go(address).location == "/again"
    assert chen.go(address).location == "/again"
    assert chen.check().status == 200


def test_a_failure_leads_to_a_page_with_a_way_to_try_again(visitor):
    chen = visitor(cast.CHEN)
    failed = chen.go(f"https://{HOST}/.gatehouse/enter?code=none&to=/page")
    assert failed.location == (
        "http://gatehouse.test/gate/failed?application=acme%2Fwiki&to=%2Fpage"
    )
    page = chen.go(failed.location)
    assert page.status == 410
    assert f"https://{HOST}/.gatehouse/start?to=%2Fpage" in page.text
    assert parse_qs(urlsplit(failed.location).query)["to"] == ["/page"]
