"""Addresses that mail came back from are allowed again by admins; the others are not."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.db import db, transaction
from webapp.domain.deliverability import liftings, suppressions
from webapp.domain.errors import Refusal
from webapp.domain.events import sentences
from webapp.models import Event, Suppression

LIST = "/orgs/acme/settings/email/health?kind=suppressed"
LIFT = "/orgs/acme/settings/email/health/lift"
WHY = "The mailbox was set up today."

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ids(app):
    """The suppressed addresses' ids, by the part before the @."""
    with app.app_context():
        return {
            "ann": cast.suppressed("ann@example.org"),
            "bo": cast.suppressed("bo@example.org"),
            "cy": cast.suppressed("cy@example.org", suppressions.REPORTED),
            "di": cast.suppressed("di@example.org", suppressions.UNSUBSCRIBED),
            "ed": cast.suppressed("ed@example.org", suppressions.COMPLAINED),
            "eve": cast.suppressed("ann@example.org", slug="evil"),
        }


def left(app):
    with app.app_context():
        rows = [(org.slug, one.email) for one, org in suppressions.everything()]
    return [f"{slug} {email.partition('@')[0]}" for slug, email in rows]


ALL = ["acme ann", "acme bo", "acme cy", "acme di", "acme ed", "evil ann"]


def lifted(app):
    with app.app_context():
        rows = Event.query.filter_by(name="SuppressionLifted").order_by(Event.id)
        return [
            (row.told, sentences.sentence(row, cast.person() if row.actor_id else None))
            for row in rows
        ]


def test_an_admin_allows_several_at_once_with_a_reason(browser, ids, app):
    priya = browser(cast.PRIYA)
    priya.open(LIST)
    boxes = priya.page.root.findall(".//input[@name='id']")
    assert {box.get("value") for box in boxes} == {str(ids["ann"]), str(ids["bo"])}
    assert "If the owner did not want any, only the operator" in priya.page.words
    priya.open(f"{LIFT}?id={ids['ann']}&id={ids['bo']}")
    assert priya.page.heading == "Allow mail to 2 addresses again?"
    fields = priya.page.form(LIFT).fields
    chosen = [ids["ann"], ids["bo"]]
    priya.post(LIFT, {**fields, "id": chosen, "reason": "  "})
    assert (priya.status, left(app)) == (422, ALL)
    assert "Say why" in priya.page.problems[0]
    priya.post(LIFT, {**fields, "id": chosen, "reason": WHY})
    assert "2 addresses can be mailed again." in priya.page.messages
    assert left(app) == ALL[2:]
    assert lifted(app) == [
        (
            {"email": email, "reason": WHY},
            f"Priya Shah allowed mail to {email} again: {WHY}",
        )
        for email in ("ann@example.org", "bo@example.org")
    ]


def test_one_is_named_and_can_be_invited_again(browser, ids, app):
    priya = browser(cast.PRIYA)
    priya.open(f"{LIFT}?id={ids['bo']}")
    assert priya.page.heading == "Allow mail to bo@example.org again?"
    priya.send(LIFT, reason=WHY)
    assert "bo@example.org can be mailed again." in priya.page.messages
    with app.app_context():
        assert suppressions.words(cast.invitation()) is None


@pytest.mark.parametrize("name", ["cy", "di", "ed", "eve"])
def test_what_an_owner_asked_for_and_other_organizations_addresses_stay(browser, ids, app, name):
    """Also when the id is put into the form; nothing tells that there is such a row."""
    priya = browser(cast.PRIYA)
    priya.open(f"{LIFT}?id={ids[name]}")
    unknown = priya.page.words
    priya.open(f"{LIFT}?id=99999")
    assert priya.page.words == unknown
    assert "You have not selected an address" in unknown
    assert "@example.org" not in unknown
    token = priya.open(f"{LIFT}?id={ids['bo']}").page.form(LIFT).fields
    priya.post(LIFT, {**token, "id": [ids[name]], "reason": WHY})
    assert (priya.status, left(app), lifted(app)) == (422, ALL, [])
    priya.post(LIFT, {**token, "id": [ids["bo"], ids[name]], "reason": WHY})
    assert left(app) == [one for one in ALL if one != "acme bo"]


@pytest.mark.parametrize("email", [cast.MARCO, cast.CHEN, cast.EVE])
def test_nobody_else_sees_or_lifts_them(browser, ids, app, email):
    somebody = browser(email)
    expected = 404 if email == cast.EVE else 403
    for address in (LIST, f"{LIFT}?id={ids['bo']}"):
        assert somebody.open(address).status == expected
        assert "bo@example.org" not in somebody.page.words
    assert somebody.post(LIFT, {"id": [ids["bo"]], "reason": WHY}).status == expected
    assert left(app) == ALL


def test_the_verb_itself_asks_for_the_right(ids, app):
    with app.app_context():
        for email in (cast.MARCO, cast.CHEN, cast.EVE):
            with pytest.raises(Refusal):
                liftings.lift(cast.organization(), [ids["bo"]], by=cast.person(email), reason=WHY)
    assert left(app) == ALL


def test_an_owner_who_meanwhile_unsubscribed_stays_suppressed(browser, ids, app):
    priya = browser(cast.PRIYA)
    fields = priya.open(f"{LIFT}?id={ids['bo']}").page.form(LIFT).fields

    @transaction()
    def unsubscribe():
        suppressions.by_owner(cast.invitation(), suppressions.UNSUBSCRIBED)

    with app.app_context():
        unsubscribe()
    priya.post(LIFT, {**fields, "id": [ids["bo"]], "reason": WHY})
    assert (priya.status, left(app)) == (422, ALL)


@pytest.mark.parametrize(
    "query", ["", "?id=", "?id=abc", "?id=-1", "?id=0&id=" + "9" * 30, "?id=%00"]
)
def test_nothing_chosen_says_what_to_do(browser, ids, query):
    priya = browser(cast.PRIYA)
    assert priya.open(f"{LIFT}{query}").status == 200
    assert priya.page.links()["Back to the list"] == LIST


def test_a_reason_that_is_too_long_is_refused_and_kept(browser, ids, app):
    priya = browser(cast.PRIYA)
    priya.open(f"{LIFT}?id={ids['bo']}")
    priya.send(LIFT, reason="x" * 201)
    assert (priya.status, left(app)) == (422, ALL)
    assert priya.page.form(LIFT).fields["reason"] == "x" * 201


def test_the_operator_lifts_several_or_none(ids, app):
    with app.app_context():
        acme = cast.organization()
        with pytest.raises(Refusal, match=r"nobody@example\.org is not blocked"):
            suppressions.lift(acme, "bo@example.org", "nobody@example.org", reason=WHY)
        assert db.session.query(Suppression).count() == 6
        suppressions.lift(acme, "bo@example.org", "cy@example.org", reason=WHY)
        suppressions.lift(acme, "di@example.org")
    assert left(app) == ["acme ann", "acme ed", "evil ann"]
    told = [sentence for _, sentence in lifted(app)]
    assert told == [
        f"The operator allowed mail to bo@example.org again: {WHY}",
        f"The operator allowed mail to cy@example.org again: {WHY}",
        "The operator allowed mail to di@example.org again.",
    ]
