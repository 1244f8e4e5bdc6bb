"""An admin sees what became of the mail, and puts it right: with scripts and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways
from tests.support.smtp import DROP
from webapp.domain import outbox


@pytest.fixture
def refused(app, smtp, site):
    """Bo's address was typed wrong, and the mail server knows nobody there."""
    smtp.script["RCPT TO:<bo@exmaple.org>"] = "550 5.1.1 There is no such mailbox here"
    smtp.script["RCPT TO:<kim@example.org>"] = "450 4.2.0 Greylisted, come back in five minutes"
    with app.app_context():
        outbox.drain()
        cast.invited("kim@example.org")
        bo = cast.invited("bo@exmaple.org", role="manager", name="Bo", message="Hello Bo").id
        outbox.drain()
        smtp.script["."] = [DROP]
        cast.invited("lost@example.org")
        outbox.drain()
        cast.invited("late@example.org")
    return f"/orgs/acme/invitations/{bo}"


@both_ways
def test_a_wrong_address_is_fixed_from_the_table(visitor, refused, javascript):
    priya = visitor(cast.PRIYA)
    priya.sees_in_row("bo@exmaple.org", "Failed")
    priya.press_in_menu("More for bo@exmaple.org", "Fix the address for bo@exmaple.org")
    priya.sees_heading("Fix the address")
    expect(priya.dialog).to_have_count(1 if javascript else 0)
    expect(priya.field("Correct email address")).to_have_value("bo@exmaple.org")
    priya.checked()
    priya.press("Invite the right address")
    priya.reads("Enter the right address")
    expect(priya.summary).to_be_focused()
    priya.checked()
    priya.fill("Correct email address", "bo@example.org")
    priya.press("Invite the right address")
    priya.is_told("Invitation sent to bo@example.org.")
    priya.is_told("The one for bo@exmaple.org is revoked.")
    if javascript:
        priya.sees_in_row("bo@exmaple.org", "Revoked")
        priya.sees_in_row("bo@example.org", "Pending", "Manager")
    else:
        priya.sees_heading("bo@example.org")
    priya.checked()


@both_ways
def test_the_page_of_a_refused_mail_says_what_to_do(visitor, refused):
    priya = visitor(cast.PRIYA, at=refused)
    priya.reads("The mail server said: 550 5.1.1 There is no such mailbox here")
    expect(priya.button("Try again to send this mail")).to_be_visible()
    expect(priya.button("Copy link")).to_be_visible()
    priya.checked()
    priya.press("Fix the address")
    priya.fill("Correct email address", "bo@example.org")
    priya.press("Invite the right address")
    priya.sees_heading("bo@example.org")
    priya.checked()


@both_ways
def test_the_health_of_the_mail_is_read_kind_by_kind(visitor, refused):
    priya = visitor(cast.PRIYA, at="/orgs/acme/settings/team")
    priya.press("Email")
    priya.press("Mail health")
    priya.sees_in_row("bo@exmaple.org", "550 5.1.1 There is no such mailbox here")
    priya.checked()
    priya.press("Retrying (1)")
    priya.sees_in_row("kim@example.org", "Greylisted")
    priya.checked()
    priya.press("Unknown (1)")
    priya.sees_in_row("lost@example.org", "Connection closed")
    priya.press("Waiting (2)")
    priya.sees_in_row("late@example.org", "None yet")
    priya.checked()
    priya.press("Failed (1)")
    priya.press("bo@exmaple.org")
    priya.reads("Fix the address")


@both_ways
def test_reminders_are_switched_off_and_on(visitor, site):
    priya = visitor(cast.PRIYA, at="/orgs/acme/settings/email")
    priya.sees_heading("Email")
    priya.field("Remind people once, before their link expires").uncheck()
    priya.choose("When to remind them", "72")
    priya.press("Save")
    priya.is_told("Your settings were saved.")
    expect(priya.field("Remind people once, before their link expires")).not_to_be_checked()
    expect(priya.field("When to remind them")).to_have_value("72")
    priya.checked()
