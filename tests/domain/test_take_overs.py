"""A mailbox's owner takes an account over (rule 10) while its occupier does something else."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from tests import cast
from tests.support.together import at_once
from webapp.db import db
from webapp.domain import (
    acceptances,
    account_links,
    api_keys,
    departures,
    links,
    permissions,
    resets,
)
from webapp.domain.errors import Refusal
from webapp.models import ApiKey

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

BO, EVES, OWN = "bo@example.org", "eve knows this one", "quite another sentence"


@pytest.fixture
def token():
    """Eve opened Bo's account by a copied link, as an admin; this is in Bo's mail."""
    copied = links.token(cast.invited(BO, role="admin"), links.COPIED)
    acceptances.accept(copied, full_name="Not Bo", password=EVES)
    return account_links.token(resets.PURPOSE, cast.person(BO))


def make_key():
    api_keys.create(
        cast.organization(), by=cast.person(BO), name="Eve's", scopes=["invitations:read"], days=30
    )


def working_keys():
    db.session.rollback()
    return db.session.query(ApiKey).filter_by(revoked_at=None).count()


def test_deleting_the_account_and_handing_it_over_never_wait_in_a_circle(app, monkeypatch, token):
    make_key()
    deleting, taking_over = threading.Event(), threading.Event()
    ends, occupiers = api_keys.end_of, api_keys.end_occupiers

    def end_of(*args, **named):
        ends(*args, **named)
        deleting.set()
        taking_over.wait(0.5)  # it comes only where the account is not held yet

    def end_occupiers(user):
        taking_over.set()
        occupiers(user)

    monkeypatch.setattr(api_keys, "end_of", end_of)
    monkeypatch.setattr(api_keys, "end_occupiers", end_occupiers)

    def act(number):
        if number == 0:
            departures.delete_account(cast.person(BO), password=EVES)
        else:
            deleting.wait(60)
            resets.reset(token, password=OWN)

    assert at_once(app, act, 2) == ["done", "NotFound"]
    assert working_keys() == 0


def test_a_key_that_is_being_made_does_not_outlive_it(app, monkeypatch, token):
    def take_over():
        with app.app_context():
            resets.reset(token, password=OWN)
            db.session.remove()

    owner, require = threading.Thread(target=take_over), permissions.require

    def require_slowly(*args):
        monkeypatch.setattr(permissions, "require", require)
        owner.start()
        owner.join(0.5)  # on SQLite it waits for us: there is one writer
        return require(*args)

    monkeypatch.setattr(permissions, "require", require_slowly)
    with suppress(Refusal):
        make_key()
    owner.join(60)
    assert not owner.is_alive()
    assert working_keys() == 0
