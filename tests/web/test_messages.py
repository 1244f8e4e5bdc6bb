"""What a page tells after a button, and undoing it from there, without JavaScript."""

from __future__ import annotations

import pytest

from tests import cast
from webapp import clock
from webapp.db import db
from webapp.domain import invitations
from webapp.domain.members import roles
from webapp.models import Invitation

LIST = "/orgs/acme/invitations"
MEMBERS = "/orgs/acme/members"


@pytest.fixture
def bo(app):
    """Bo's invitation as a manager, for 14 days, with a name and a message."""
    with app.app_context():
        return cast.invited(
            role="manager", expiry_days=14, name="Bo Lind", message="Come in.\nThe gate is open."
        ).id


@pytest.fixture
def priya(browser):
    return browser(cast.PRIYA)


@pytest.fixture
def chen(app):
    with app.app_context():
        return cast.member(cast.CHEN).id


def revoke(priya, number):
    priya.open(f"{LIST}/{number}/revoke")
    return priya.send("/revoke")


def all_of_bo():
    return db.session.query(Invitation).filter_by(email="bo@example.org").order_by("id").all()


def test_a_revocation_is_undone_by_inviting_the_same_person_by_the_same_terms(priya, app, bo):
    with app.app_context():
        old_token = cast.mailed_token(invitations.find(cast.organization(), bo))
    revoke(priya, bo)
    assert "The invitation for bo@example.org is revoked." in priya.page.messages
    answer = priya.send("/again")
    assert "bo@example.org is invited again, with a new link" in answer.page.messages
    assert "The earlier link does not work any more." in answer.page.messages
    assert "Undo" not in answer.page.messages
    with app.app_context():
        old, new = all_of_bo()
        assert (old.state, new.state) == ("revoked", "pending")
        terms = ("role", "expiry_days", "name", "message")
        assert [getattr(new, name) for name in terms] == [getattr(old, name) for name in terms]
        days = (new.expires_at - clock.now()).total_seconds() / 86400
        assert 13.9 < days <= 14
        assert cast.mailed_token(new) != old_token


def test_what_was_never_mailed_is_not_mailed_by_undoing_either(priya, app, count_mails):
    with app.app_context():
        number = cast.invited(send=False).id
    revoke(priya, number)
    before = count_mails()
    priya.send("/again")
    assert count_mails() == before


@pytest.fixture
def count_mails(app):
    from webapp.models import Delivery

    def count():
        with app.app_context():
            return db.session.query(Delivery).count()

    return count


def test_undoing_a_revocation_twice_invites_once_and_says_so(priya, app, bo):
    page = revoke(priya, bo).page
    form = page.form("/again")
    priya.post(form.action, form.fields)
    answer = priya.post(form.action, {**form.fields, "once": "another page"}, follow=False)
    assert answer.status == 422
    assert "bo@example.org already has an open invitation" in answer.text
    with app.app_context():
        assert len(all_of_bo()) == 2


def test_what_was_not_revoked_cannot_be_undone(priya, app, bo):
    fields = priya.open(f"{LIST}/{bo}/revoke").page.form("/revoke").fields
    answer = priya.post(f"{LIST}/{bo}/again", fields, follow=False)
    assert answer.status == 422
    assert "The invitation for bo@example.org is still open. Nothing was changed." in answer.text
    with app.app_context():
        assert len(all_of_bo()) == 1


def test_undoing_keeps_to_the_limits_of_inviting(priya, app, bo, make_app):
    revoke(priya, bo)
    with app.app_context():
        for _ in range(5 - 1):  # mails to one address in a day (rule 12)
            made = cast.invited()
            invitations.revoke(cast.organization(), made.id, by=cast.person())
    answer = priya.send("/again", follow=False)
    assert answer.status == 422
    assert "bo@example.org has already been sent 5 mails today" in answer.text


def test_somebody_elses_undo_is_refused(browser, priya, bo):
    revoke(priya, bo)
    eve, marco = browser(cast.EVE), browser(cast.MARCO)
    for person, status in ((eve, 404), (marco, 403)):
        token = person.open("/account").page.form("/account").fields["csrf_token"]
        answer = person.post(f"{LIST}/{bo}/again", {"csrf_token": token}, follow=False)
        assert answer.status == status
        assert "bo@example.org" not in answer.text


def test_a_deactivation_is_undone(priya, app, chen):
    priya.open(f"{MEMBERS}/{chen}/deactivate")
    priya.send("/deactivate")
    assert "Chen Wei is deactivated" in priya.page.messages
    priya.send("/reactivate")
    assert "Chen Wei is active again as a contributor." in priya.page.messages
    with app.app_context():
        assert cast.member(cast.CHEN).is_active


def test_a_change_of_role_is_undone(priya, app, chen):
    priya.open(f"{MEMBERS}/{chen}/role")
    priya.send("/role", role="manager")
    priya.send("/role")
    assert "Chen Wei is now a contributor" in priya.page.messages
    with app.app_context():
        assert cast.member(cast.CHEN).role == "contributor"


def test_a_role_that_was_changed_once_more_is_not_undone_unseen(priya, app, chen):
    priya.open(f"{MEMBERS}/{chen}/role")
    priya.send("/role", role="manager")
    with app.app_context():
        roles.change_role(cast.organization(), chen, by=cast.person(), role="admin")
    answer = priya.send("/role", follow=False)
    assert answer.status == 422
    assert "This is “Admin” now." in answer.text
    with app.app_context():
        assert cast.member(cast.CHEN).role == "admin"


def test_nobody_is_offered_to_undo_what_they_did_to_themselves(browser, app):
    with app.app_context():
        acme, marco = cast.organization(), cast.member(cast.MARCO).id
        roles.change_role(acme, marco, by=cast.person(), role="admin")
        number = cast.member(cast.PRIYA).id
    priya = browser(cast.PRIYA)
    priya.open(f"{MEMBERS}/{number}/role")
    priya.send("/role", role="manager", pending="revoke")
    assert "Undo" not in priya.page.words
