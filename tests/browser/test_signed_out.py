"""The session ends while a form is open: the form comes back, by keyboard, with scripts or not."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways
from webapp.domain import webhooks
from webapp.domain.accounts import sessions


@pytest.fixture
def end(app):
    """End every session of Priya's, as from another browser of hers."""

    def end():
        with app.app_context():
            sessions.end_others(cast.person(), 0)

    return end


def signs_in_by_keyboard(person):
    person.tabs_to(person.field("Email address or username"))
    person.types(cast.PRIYA)
    person.tabs_to(person.field("Password"))
    person.types(cast.PASSWORD)
    person.strikes("Enter")


@both_ways
def test_an_invitation_comes_back_filled_and_is_sent_after_signing_in(visitor, end, javascript):
    priya = visitor(cast.PRIYA)
    priya.press("Invite people")
    expect(priya.dialog).to_have_count(1 if javascript else 0)
    priya.fill("Email addresses", "bo@example.org")
    priya.choose("Role", "Manager")
    priya.unfold("Add a name, a message, expiry, access or language")
    priya.fill("Personal message", "Grüße, Bo.\nThe gate is open.")
    end()
    priya.tabs_to(priya.button("Send invitation"))
    priya.strikes("Enter")
    priya.sees_heading("Sign in")
    priya.reads("What you typed is kept for an hour, in this browser and for you alone.")
    expect(priya.focused).to_contain_text("Nothing was done yet.")
    priya.checked()
    signs_in_by_keyboard(priya)
    priya.sees_heading("Invite people")
    expect(priya.focused).to_contain_text("Check what you typed, then press the button again.")
    expect(priya.field("Email addresses")).to_have_value("bo@example.org")
    expect(priya.field("Role")).to_have_value("manager")
    expect(priya.field("Personal message")).to_have_value("Grüße, Bo.\nThe gate is open.")
    priya.checked()
    priya.tabs_to(priya.button("Send invitation"))
    priya.strikes("Enter")
    priya.is_told("Invitation sent to bo@example.org.")
    priya.sees_in_row("bo@example.org", "Pending", "Manager")


def test_what_cannot_be_kept_stays_where_it_was_typed(visitor):
    priya = visitor(cast.PRIYA)
    priya.press("Invite people")
    priya.fill("Email addresses", "bo@example.org")
    priya.context.clear_cookies()
    priya.press("Send invitation")
    priya.reads("You are signed out. Nothing was done, and what you typed is only on this page.")
    expect(priya.field("Email addresses")).to_have_value("bo@example.org")
    priya.checked()


@both_ways
def test_a_button_that_came_too_late_leads_back_to_its_table(visitor, end, bo_is_invited):
    priya = visitor(cast.PRIYA)
    priya.sees_in_row("bo@example.org", "Pending")
    end()
    priya.press("Resend the invitation to bo@example.org")
    priya.sees_heading("Sign in")
    signs_in_by_keyboard(priya)
    priya.sees_heading("Invitations")
    priya.is_told("so nothing was done yet. Press the button again.")
    priya.checked()
    priya.press("Resend the invitation to bo@example.org")
    priya.is_told("A new link was sent to bo@example.org.")


@both_ways
def test_what_can_no_longer_be_done_can_still_be_read(visitor, end, app):
    priya = visitor(cast.PRIYA, at="/orgs/acme/settings/webhooks")
    with app.app_context():
        hook = cast.webhook().id
    priya.open(f"/orgs/acme/settings/webhooks/{hook}/edit")
    priya.fill("Name", "The staff list of the whole of Acme")
    with app.app_context():
        webhooks.delete(cast.organization(), hook, by=cast.person())
    end()
    priya.press("Save")
    priya.sees_heading("Sign in")
    signs_in_by_keyboard(priya)
    priya.sees_heading("There is nothing here")
    priya.reads("The staff list of the whole of Acme")
    expect(priya.focused).to_contain_text("Copy what you typed if you need it")
    priya.checked()
