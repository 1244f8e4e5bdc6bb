"""The frame of every page: whose it is, what leads on from it, and what its first visit costs."""

from __future__ import annotations

import re

import brotli
import pytest

from tests import cast
from webapp.domain import invitations, organizations
from webapp.domain.invitations import acceptances
from webapp.domain.members import roles
from webapp.domain.organizations import memberships

NAV = [
    "Invitations",
    "Members",
    "Groups",
    "Applications",
    "Requests",
    "Reports",
    "Audit",
    "Settings",
]
ACCOUNT_PAGES = [
    "/account",
    "/account/sessions",
    "/account/second-factor",
    "/account/delete",
    "/orgs",
    "/accessibility",
    "/api/v1/docs",
]


def head(page):
    """The name at the top of the page."""
    found = [e for e in page.root.iter() if e.get("class") == "site-name"]
    return "".join(found[0].itertext()).strip()


def nav(page):
    """The links of the main navigation."""
    bars = [e for e in page.root.iter("nav") if e.get("aria-label") == "Main"]
    return ["".join(a.itertext()) for bar in bars for a in bar.iter("a")]


@pytest.mark.parametrize("address", ACCOUNT_PAGES)
def test_pages_of_the_account_keep_the_organization_and_its_navigation(browser, address):
    priya = browser(cast.PRIYA)
    page = priya.open(address).page
    assert head(page) == "Acme"
    assert nav(page) == NAV


def test_the_organization_last_used_is_kept_by_who_is_in_several(browser, app):
    with app.app_context():
        evil = cast.organization("evil")
        made = invitations.create(evil, by=cast.person(cast.EVE), email=cast.PRIYA, role="admin")
        acceptances.join(cast.mailed_token(made), by=None, password=cast.PASSWORD)
    priya = browser(cast.PRIYA)
    for slug, name in (("evil", "Evil Corp"), ("acme", "Acme")):
        priya.open(f"/orgs/{slug}/members")
        assert head(priya.open("/account").page) == name


@pytest.mark.parametrize("address", ["/nothing", "/orgs/nothing/members", "/orgs/evil/members"])
def test_a_page_that_is_not_there_looks_signed_in_and_names_ones_own_organization(browser, address):
    answer = browser(cast.PRIYA).open(address)
    assert answer.status == 404
    assert head(answer.page) == "Acme"
    assert nav(answer.page) == NAV
    assert "Priya Shah" in answer.text
    assert "Evil" not in answer.text


def test_a_refusal_keeps_the_navigation_of_the_role(browser):
    answer = browser(cast.CHEN).open("/orgs/acme/invitations")
    assert answer.status == 403
    assert answer.page.heading == "You do not have permission to do this"
    assert head(answer.page) == "Acme"
    assert nav(answer.page) == ["Members", "Groups", "Applications"]


def test_above_a_suspended_organization_is_another_one_or_none(browser, app):
    with app.app_context():
        evil = cast.organization("evil")
        made = invitations.create(evil, by=cast.person(cast.EVE), email=cast.PRIYA, role="admin")
        acceptances.join(cast.mailed_token(made), by=None, password=cast.PASSWORD)
    priya, chen = browser(cast.PRIYA), browser(cast.CHEN)
    assert head(priya.open("/orgs/acme/members").page) == "Acme"
    assert head(chen.open("/orgs/acme/members").page) == "Acme"
    with app.app_context():
        organizations.suspend(cast.organization())
    for person, name, links in ((priya, "Evil Corp", NAV), (chen, "Gatehouse", [])):
        page = person.open("/orgs/acme/members").page
        assert person.status == 403
        assert head(page) == name
        assert nav(page) == links
        assert 'href="/orgs/acme/' not in person.at.text


def test_an_outsider_is_shown_no_organization(browser, app):
    with app.app_context():
        roles.deactivate(cast.organization(), cast.member(cast.CHEN).id, by=cast.person())
    chen, stranger = browser(cast.CHEN), browser()
    for person in (chen, stranger):
        for address in ("/nothing", "/orgs/acme/members", "/accessibility"):
            page = person.open(address).page
            assert head(page) == "Gatehouse"
            assert nav(page) == []
            assert "Acme" not in person.at.text


def test_above_the_pages_of_invitees_is_the_name_of_who_invites_them(browser, app):
    with app.app_context():
        made = cast.invited()
        token = cast.mailed_token(made)
    for email in (None, cast.EVE):
        person = browser(email)
        for path in ("/register", "/register/decline"):
            page = person.open(f"{path}?token={token}").page
            assert head(page) == "Acme"
            assert nav(page) == []
            assert "Gatehouse" in "".join(page.root.find(".//footer").itertext())
    assert head(browser().open("/register?token=nothing").page) == "Gatehouse"


def test_current_is_the_membership_last_used_or_the_only_one(app):
    with app.app_context():
        priya, acme = cast.person(), cast.organization()
        for last_used in (acme.id, None, 999):
            found = memberships.current(priya, last_used)
            assert found is not None
            assert found.organization_id == acme.id


def first_visit(browser, address):
    """The octets of a page and of every file that it names, compressed as they are sent."""
    client, headers = browser().client, {"Accept-Encoding": "gzip, deflate, br"}
    page = client.get(address, headers=headers)
    is_packed = page.headers.get("Content-Encoding") == "br"  # not where it would save nothing
    html = (brotli.decompress(page.data) if is_packed else page.data).decode()
    total, files = len(page.data), re.findall(r'(?:src|href)="(/static/[^"]+)"', html)
    for file in files:
        answer = client.get(file, headers=headers)
        total += len(answer.data)
        answer.close()
    return total, files


def test_registration_takes_at_most_twenty_kilobytes_on_a_first_visit(browser, app):
    with app.app_context():
        token = cast.mailed_token(cast.invited())
    total, files = first_visit(browser, f"/register?token={token}")
    print(f"{total:,} octets: {files}")
    assert total <= 20_000


@pytest.mark.parametrize("address", ["/login", "/password/forgot", "/register?token=nothing"])
def test_pages_of_the_signed_out_load_no_htmx(browser, address):
    _, files = first_visit(browser, address)
    assert len(files) >= 3
    assert not [file for file in files if "htmx" in file]
