"""Pages of lists: however many rows one has, it takes the same statements."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support import plans
from webapp.domain.invitations import acceptances

LISTS = ("invitations", "members", "groups", "links", "applications", "requests", "audit")
CALLS = {"HX-Request": "true", "HX-Target": "members"}


def one_more_of_each(number):
    for n in (2 * number, 2 * number + 1):
        cast.join_link(f"Link {n}")
        group = cast.group(f"group-{n}", f"Group {n}")
        cast.application(f"wiki-{n}", groups=[group.slug])
        cast.invited(f"bo-{n}@example.org", groups=[group.slug])
        cast.request(f"di-{n}@example.org")


@pytest.mark.parametrize("path", LISTS)
def test_a_long_list_takes_no_more_statements_than_a_short_one(browser, app, path):
    priya = browser(cast.PRIYA)
    taken = []
    with app.app_context():
        for number in range(2):
            one_more_of_each(number)
            priya.open(f"/orgs/acme/{path}")
            taken.append(len(plans.said(lambda: priya.open(f"/orgs/acme/{path}"))))
    assert taken[0] == taken[1]


def test_a_fragment_asks_nothing_for_the_navigation(browser, app):
    priya = browser(cast.PRIYA)
    with app.app_context():
        whole = plans.said(lambda: priya.client.get("/orgs/acme/members"))
        part = plans.said(lambda: priya.client.get("/orgs/acme/members", headers=CALLS))
    assert any("FROM requests" in statement for statement, _ in whole)
    assert not any("FROM requests" in statement for statement, _ in part)


def test_a_name_is_text_whatever_it_looks_like(browser, app):
    name = "%(id)s, 100 %% <b>"
    with app.app_context():
        invited = cast.invited("bo@example.org")
        acceptances.accept(cast.mailed_token(invited), full_name=name, password="seven bars, half")
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members")
    assert name in priya.page.words
    assert f"Select {name}" in [box.get("aria-label") for box in priya.page.root.iter("input")]
