"""Inviting somebody again whose invitation was revoked or declined."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.domain import invitations
from webapp.domain.invitations import acceptances
from webapp.models import Invitation

AGAIN = "/orgs/acme/invitations/new?again="


@pytest.fixture
def revoked(app):
    """The id of Bo's invitation, which Priya has revoked."""
    with app.app_context():
        bo = cast.invited(role="manager", name="Bo", message="Hello")
        invitations.revoke(cast.organization(), bo.id, by=cast.person())
        return bo.id


def test_the_page_of_a_revoked_invitation_leads_to_the_form_filled_in(browser, revoked, app):
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{revoked}")
    priya.open(priya.page.links()["Invite again"])
    fields = priya.page.form("/orgs/acme/invitations").fields
    assert fields["email"] == "bo@example.org"
    assert (fields["role"], fields["name"], fields["message"]) == ("manager", "Bo", "Hello")
    priya.send("/orgs/acme/invitations")
    assert "Invitation sent to bo@example.org" in priya.page.messages
    with app.app_context():
        assert cast.invitation().state == "pending"


def test_the_dialog_is_filled_in_as_well(browser, revoked):
    answer = browser(cast.PRIYA).htmx(f"{AGAIN}{revoked}", "dialog#dialog")
    assert answer.page.form("/orgs/acme/invitations").fields["name"] == "Bo"


def test_whoever_said_it_was_not_for_them_is_not_offered_again(browser, app):
    with app.app_context():
        token = cast.mailed_token(cast.invited())
        acceptances.decline(token, not_for_me=True)
        bo = cast.invitation().id
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{bo}")
    assert "Invite again" not in priya.page.links()
    assert "bo@example.org cannot be invited again." in priya.page.words
    assert "not for them" in priya.page.words


def test_what_is_open_is_resent_and_not_repeated(browser, app):
    with app.app_context():
        bo = cast.invited().id
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations/{bo}")
    assert "Invite again" not in priya.page.links()


def test_another_organizations_invitation_fills_in_nothing(browser, app):
    with app.app_context():
        theirs = cast.invited("secret@example.org", slug="evil").id
        assert Invitation.query.filter_by(id=theirs).count() == 1
    priya = browser(cast.PRIYA)
    priya.open(f"{AGAIN}{theirs}")
    assert priya.status == 404
    priya.open(f"{AGAIN}nonsense")
    assert priya.page.form("/orgs/acme/invitations").fields["email"] == ""
