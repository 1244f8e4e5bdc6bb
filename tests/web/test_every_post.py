"""What every form must withstand: a query that says otherwise, a session that ends, a flood."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from tests import cast
from tests.support.meanwhile import between
from tests.web.test_access import ROUTES
from tests.web.test_twice import FORMS, clicks, count
from webapp.db import db
from webapp.domain.accounts import sessions
from webapp.models import Event
from webapp.web.access import ACCESS, ANYONE

__all__ = ["clicks"]

# Written by ending the session, by signing in to send the form, or about the form itself.
AROUND = {
    *("events", "event_seals", "sessions", "kept_forms", "idempotent_requests", "daily_counts"),
    *("webhook_deliveries", "deliveries"),
}
SIGNED_IN = [name for name, sent in FORMS.items() if sent.who is not None]
# Posted by anybody, with something to guess at or somebody to bother.
PUBLIC = [
    name
    for name, (method, _, _) in ROUTES.items()
    if method == "POST" and ACCESS[name] == ANYONE and name in FORMS
]


def newest(app):
    with app.app_context():
        return db.session.scalar(select(func.max(Event.id)))


def recorded_since(app, number):
    with app.app_context():
        return Counter(db.session.scalars(select(Event.name).where(Event.id > number)))


@pytest.mark.parametrize("endpoint", FORMS)
def test_what_its_address_says_is_not_what_it_does(app, clicks, endpoint):
    """A query with the form's own names in it changes nothing, but for a token: that is a 400."""
    form, since = clicks(endpoint), newest(app)
    others = {name: "something else" for name in form.fields if name not in ("token", "csrf_token")}
    form.address += ("&" if "?" in form.address else "?") + urlencode(others)
    assert form.press().status == 303
    assert recorded_since(app, since) == FORMS[endpoint].events


@pytest.mark.parametrize("endpoint", [name for name in FORMS if "{token}" in FORMS[name].page])
def test_a_token_in_its_address_that_is_another_is_a_400(app, clicks, endpoint):
    form, since = clicks(endpoint), newest(app)
    with app.app_context():
        other = cast.mailed_token(cast.invited("another@example.org", slug="evil"))
    since = newest(app)
    form.address = form.address.partition("?")[0] + "?" + urlencode({"token": other})
    assert form.press().status == 400
    assert recorded_since(app, since) == {}


@pytest.mark.both_databases
@pytest.mark.parametrize("endpoint", SIGNED_IN)
def test_a_session_that_ends_after_it_was_let_in_does_nothing(app, clicks, endpoint):
    form, who = clicks(endpoint), FORMS[endpoint].who
    before, since = count(app), newest(app)
    with between(app) as then:
        then(lambda: sessions.end_others(cast.person(who), 0))
        answer = form.press()
    assert answer.status == 303
    assert answer.location.startswith("/login")
    assert recorded_since(app, since) == {"SessionsRevoked": 1}
    after = count(app)
    assert {name for name in after if after[name] != before[name]} <= AROUND
    assert after["deliveries"] == before["deliveries"]


@pytest.mark.parametrize("endpoint", PUBLIC)
def test_a_stranger_cannot_go_on_for_ever(app, browser, clicks, endpoint):
    form = clicks(endpoint)
    form.fields = {name: value for name, value in form.fields.items() if name == "csrf_token"}
    statuses = [form.press().status for _ in range(62)]
    assert statuses[-1] == 429
    assert 500 not in statuses
