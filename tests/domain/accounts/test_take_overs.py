"""A mailbox's owner takes an account over (rule 10) while its occupier does something else."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.meanwhile import Queue, Somebody, once
from webapp.db import db
from webapp.domain.accounts import api_keys, mailed_links, password_resets, people
from webapp.domain.errors import Refusal
from webapp.domain.invitations import acceptances, links
from webapp.domain.members import leaving
from webapp.domain.organizations import permissions
from webapp.models import ApiKey

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

BO, EVES, OWN = "bo@example.org", "eve knows this one", "quite another sentence"


@pytest.fixture
def owner(app, monkeypatch):
    """Bo, who resets the password of the account that Eve opened by a copied link, as an admin."""
    copied = links.token(cast.invited(BO, role="admin"), links.COPIED)
    acceptances.accept(copied, full_name="Not Bo", password=EVES)
    token = mailed_links.token(password_resets.PURPOSE, cast.person(BO))
    return Somebody(Queue(app, monkeypatch), lambda: password_resets.reset(token, password=OWN))


def make_key():
    api_keys.create(
        cast.organization(), by=cast.person(BO), name="Eve's", scopes=["invitations:read"], days=30
    )


def working_keys():
    db.session.rollback()
    return db.session.query(ApiKey).filter_by(revoked_at=None).count()


def test_deleting_the_account_and_handing_it_over_never_wait_in_a_circle(owner, monkeypatch):
    make_key()
    came_to = []
    # The keys are held now. The owner must have been stopped before them: at the account.
    once(monkeypatch, api_keys, "end_of", lambda: came_to.append(owner.comes_to()), after=True)
    leaving.delete_account(cast.person(BO), password=EVES)
    assert came_to == ["waits"]
    assert owner.outcome() == "NotFound"
    assert working_keys() == 0


def test_a_key_that_is_begun_before_it_and_made_after_it_is_refused(owner, monkeypatch, database):
    came_to = []
    once(monkeypatch, permissions, "require", lambda: came_to.append(owner.comes_to()))
    if database.startswith("sqlite"):  # one writer: the owner comes afterwards, and ends the key
        make_key()
        assert came_to == ["waits"]
    else:
        with pytest.raises(Refusal, match="password has just been changed"):
            make_key()
        assert came_to == ["done"]
    assert owner.outcome() == "done"
    assert working_keys() == 0


def test_a_key_that_is_made_before_it_ends_with_it(owner, monkeypatch):
    came_to = []
    once(monkeypatch, people, "still_has", lambda: came_to.append(owner.comes_to()), after=True)
    make_key()
    assert came_to == ["waits"]
    assert owner.outcome() == "done"
    assert working_keys() == 0
