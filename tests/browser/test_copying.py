"""A link handed over by other means, and the mailbox's owner who has the last word."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways


@both_ways
def test_a_copied_link_opens_an_account_that_stays_unverified_until_confirmed(
    visitor, mailed_link, bo_is_invited, javascript
):
    mailed_link()
    priya = visitor(cast.PRIYA)
    priya.press_in_menu("More for bo@example.org", "Copy link for bo@example.org")
    priya.sees_heading("Copy the link")
    expect(priya.dialog).to_have_count(1 if javascript else 0)
    priya.checked()
    priya.press("Show the link")
    link = priya.field("Link").input_value()
    priya.checked()
    priya.press("Done")
    priya.keeps_focus()

    stranger = visitor()
    stranger.open(link)
    stranger.registers("Somebody Else")
    stranger.sees_heading("Members of Acme")
    priya.open("/orgs/acme/members")
    priya.sees_in_row("Somebody Else", "bo@example.org", "Unverified")
    priya.checked()

    bo = visitor()
    bo.open(mailed_link())
    bo.sees_heading("Confirm that bo@example.org is yours")
    bo.checked()
    bo.fill("New password", "short")
    bo.press("Set password and sign in")
    expect(bo.summary).to_be_focused()
    bo.checked()
    bo.fill("New password", "a lantern and a lock")
    bo.press("Set password and sign in")
    bo.is_told("Your address is confirmed, and your new password is set.")
    stranger.page.reload()
    stranger.sees_heading("Sign in")
    priya.page.reload()
    expect(priya.row("Somebody Else")).not_to_contain_text("Unverified")


def test_the_link_is_copied_by_a_button(visitor, bo_is_invited):
    priya = visitor(cast.PRIYA)
    priya.context.grant_permissions(["clipboard-read", "clipboard-write"])
    priya.press_in_menu("More for bo@example.org", "Copy link for bo@example.org")
    priya.press("Show the link")
    link = priya.field("Link").input_value()
    priya.press("Copy link")
    priya.reads("Copied")
    priya.checked()
    assert priya.page.evaluate("navigator.clipboard.readText()") == link


def test_the_link_is_copied_also_where_there_is_no_clipboard(visitor, bo_is_invited):
    priya = visitor(cast.PRIYA)
    priya.press_in_menu("More for bo@example.org", "Copy link for bo@example.org")
    priya.press("Show the link")
    priya.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject() }")
    priya.press("Copy link")
    priya.reads("Copied")
    link = priya.field("Link").input_value()
    assert priya.page.evaluate("getSelection().toString()") == link
