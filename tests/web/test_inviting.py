"""An admin invites somebody, and sees what becomes of it."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.domain import outbox


def test_an_admin_invites_and_the_table_says_pending(browser, app, smtp):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations/new")
    priya.send("/orgs/acme/invitations", email="bo@example.org", role="contributor")
    assert "Invitation sent to bo@example.org. It is good until" in priya.page.messages
    row = priya.page.rows()[0]
    assert row["Email"] == "bo@example.org"
    assert row["Status"] == "Pending"
    assert row["Delivery"] == "Queued"
    assert row["Invited by"] == "Priya Shah"
    with app.app_context():
        outbox.drain()
    priya.open("/orgs/acme/invitations")
    assert priya.page.rows()[0]["Delivery"] == "Sent"
    assert smtp.messages[0].rcpt_to == ["bo@example.org"]


def test_the_invitee_registers_and_lands_in_the_organization(browser, app, smtp):
    with app.app_context():
        link_of = cast.mailed_token(cast.invited(name="Bo Lind", message="Hello\nBo"))
    bo = browser()
    bo.open(f"/register?token={link_of}")
    assert bo.page.heading == "Join Acme"
    assert "Priya Shah invites you to join Acme as a contributor." in bo.page.words
    assert bo.page.form("/register").fields["full_name"] == "Bo Lind"
    bo.send("/register", password="seven bars and a half")
    assert bo.status == 200
    assert "Members of Acme" in bo.page.words
    assert any(row["Name"] == "Bo Lind" for row in bo.page.rows())
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations?status=accepted")
    assert priya.page.rows()[0]["Status"] == "Accepted"


@pytest.mark.parametrize("status", ["pending", "accepted", "expired", "revoked", "declined"])
def test_the_table_can_be_filtered_by_status(browser, app, status):
    with app.app_context():
        cast.invited()
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations?status={status}")
    emails = [row["Email"] for row in priya.page.rows()]
    assert ("bo@example.org" in emails) == (status == "pending")
    assert (cast.MARCO in emails) == (status == "accepted")
