"""Everything by keyboard alone, and where the focus is meanwhile."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways


@both_ways
def test_priya_signs_in_and_invites_by_keyboard_alone(visitor, javascript):
    priya = visitor()
    priya.open("/login")
    priya.tabs_to(priya.field("Email address or username"))
    priya.types(cast.PRIYA)
    priya.tabs_to(priya.field("Password"))
    priya.types(cast.PASSWORD)
    priya.strikes("Enter")
    priya.sees_heading("Invitations")
    priya.tabs_to(priya.button("Invite people"))
    priya.strikes("Enter")
    priya.sees_heading("Invite people")
    if javascript:
        expect(priya.field("Email addresses")).to_be_focused()
        priya.strikes("Escape")
        expect(priya.dialog).to_have_count(0)
        expect(priya.button("Invite people")).to_be_focused()
        priya.strikes("Enter")
        priya.sees_heading("Invite people")
    priya.tabs_to(priya.field("Email addresses"))
    priya.types("bo@example.org")
    priya.tabs_to(priya.field("Role"))
    priya.strikes("M")
    priya.tabs_to(priya.button("Send invitation"))
    priya.strikes("Enter")
    priya.is_told("Invitation sent to bo@example.org.")
    priya.sees_in_row("bo@example.org", "Manager")
    if javascript:
        expect(priya.button("Invite people")).to_be_focused()


def test_the_dialog_keeps_the_keyboard_and_cancel_gives_it_back(visitor):
    priya = visitor(cast.PRIYA)
    priya.tabs_to(priya.button("Invite people"))
    priya.strikes("Enter")
    priya.sees_heading("Invite people")
    for _ in range(12):
        priya.strikes("Tab")
        behind = priya.page.evaluate(
            "!document.activeElement.closest('dialog') && document.activeElement !== document.body"
        )
        assert not behind, "the keyboard reaches what the dialog covers"
    priya.tabs_to(priya.button("Cancel"))
    priya.strikes("Enter")
    expect(priya.dialog).to_have_count(0)
    expect(priya.button("Invite people")).to_be_focused()


@both_ways
def test_the_skip_link_leads_past_the_navigation(visitor):
    priya = visitor(cast.PRIYA, at="/orgs/acme/invitations")
    priya.strikes("Tab")
    skip = priya.page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    priya.checked()
    priya.strikes("Enter")
    priya.strikes("Tab")
    expect(priya.button("Invite people")).to_be_focused()


def test_a_row_menu_is_opened_closed_and_used_by_keyboard(visitor, bo_is_invited):
    priya = visitor(cast.PRIYA)
    more = priya.row("bo@example.org").locator("summary")
    priya.tabs_to(more)
    priya.strikes("Enter")
    expect(priya.button("Revoke for bo@example.org")).to_be_visible()
    priya.checked()
    priya.strikes("Tab")
    priya.strikes("Escape")
    expect(priya.button("Revoke for bo@example.org")).to_be_hidden()
    expect(more).to_be_focused()
    priya.strikes("Enter")
    priya.tabs_to(priya.button("Revoke for bo@example.org"))
    priya.strikes("Enter")
    priya.sees_heading("Revoke the invitation for bo@example.org?")
    priya.strikes("Tab")
    expect(priya.button("Keep it")).to_be_focused()
    priya.strikes("Escape")
    expect(priya.dialog).to_have_count(0)
    expect(more).to_be_focused()


def test_focus_stays_on_the_page_when_the_revoked_row_has_no_actions_left(visitor, bo_is_invited):
    priya = visitor(cast.PRIYA)
    priya.tabs_to(priya.row("bo@example.org").locator("summary"))
    priya.strikes("Enter")
    priya.tabs_to(priya.button("Revoke for bo@example.org"))
    priya.strikes("Enter")
    priya.tabs_to(priya.button("Revoke the invitation"))
    priya.strikes("Enter")
    priya.sees_in_row("bo@example.org", "Revoked")
    expect(priya.row("bo@example.org").locator("summary")).to_have_count(0)
    expect(priya.dialog).to_have_count(0)
    priya.keeps_focus()


def test_focus_stays_in_the_dialog_when_the_button_gives_way_to_the_link(visitor, bo_is_invited):
    priya = visitor(cast.PRIYA)
    priya.press_in_menu("More for bo@example.org", "Copy link for bo@example.org")
    priya.tabs_to(priya.button("Show the link"))
    priya.strikes("Enter")
    expect(priya.field("Link")).to_be_visible()
    expect(priya.dialog.locator(":focus")).to_have_count(1)
