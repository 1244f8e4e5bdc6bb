"""Restoring yesterday's backup opens no application to anybody, and no program to an old secret."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support import backups
from tests.support.program import AFTER, BACK
from webapp.db import db, transaction
from webapp.domain import applications
from webapp.domain.applications import entry
from webapp.domain.openid import clients, keys
from webapp.models import Application, Event

pytestmark = pytest.mark.both_databases
STOLEN = "https://stolen.acme.example/callback"


def found(slug):
    return applications.find(cast.organization(), slug)


def states():
    rows = db.session.query(Application).order_by(Application.slug)
    return {row.slug: row.state for row in rows}


def change(slug, **typed):
    applications.change(cast.organization(), slug, by=cast.person(), **typed)


def test_an_application_that_was_closed_or_changed_since_is_paused(operator, app):
    with app.app_context():
        cast.group()
        slugs = ("deleted", "paused", "narrowed", "factored", "moved", "same", "renamed")
        for slug in slugs:
            cast.application(slug)
        cast.application("grouped", groups=["drivers"])
        cast.group("cooks", "Cooks")
    operator.backs_up()
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        applications.delete(acme, "deleted", by=priya)
        applications.pause(acme, "paused", by=priya)
        change("narrowed", groups=["drivers"])
        change("factored", second_factor=True)
        change("moved", home_url="https://elsewhere.acme.example/")
        change("renamed", name="Another name")
        change("grouped", groups=["cooks"])
    assert "Not done" not in operator.restores()
    with app.app_context():
        open_still = {slug for slug, state in states().items() if state == "active"}
        assert open_still == {"same", "renamed"}
        assert not entry.may_enter(found("narrowed"), cast.person(cast.CHEN))
        changed = db.session.query(Event).filter_by(name="ApplicationChanged").all()
        assert {event.data["changed"] for event in changed} == {"its state to paused"}
        assert {event.actor for event in changed} == {"operator"}


@transaction()
def program():
    addresses = {"redirect_uris": [BACK, STOLEN], "post_logout_redirect_uris": [AFTER]}
    return clients.change_secret(cast.application("wiki", **addresses).client)


def test_a_secret_and_an_address_that_were_replaced_since_stay_so(operator, app):
    with app.app_context():
        old = program()
    operator.backs_up()
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        applications.change(acme, "wiki", by=priya, redirect_uris=[BACK])
        clients.new_secret(acme, "wiki", by=priya)
        new = clients.new_secret(acme, "wiki", by=priya)[1]
    operator.restores()
    with app.app_context():
        client = found("wiki").client
        assert not clients.has_secret(client, old)
        assert clients.has_secret(client, new)
        assert client.redirect_uris == [BACK]


def test_a_stolen_key_that_was_withdrawn_since_signs_nothing_any_more(operator, app):
    with app.app_context():
        stolen = keys.sign({"iss": keys.issuer(), "sub": "x"})
        assert keys.read(stolen)
    operator.backs_up()
    with app.app_context():
        keys.rotate(at_once=True)
    operator.restores()
    with app.app_context():
        assert keys.read(stolen) is None
        assert keys.read(keys.sign({"iss": keys.issuer(), "sub": "x"}))


def test_a_key_that_is_still_published_goes_on(operator, app):
    with app.app_context():
        signed = keys.sign({"iss": keys.issuer(), "sub": "x"})
    operator.backs_up()
    operator.restores()
    with app.app_context():
        assert keys.read(signed)


def test_when_the_database_is_lost_no_key_of_the_backup_is_believed(operator, app, database):
    with app.app_context():
        signed = keys.sign({"iss": keys.issuer(), "sub": "x"})
        cast.application("wiki")
    operator.backs_up()
    backups.lose(app, database)
    operator.restores()
    with app.app_context():
        assert keys.read(signed) is None
        assert states() == {"wiki": "active"}
