"""A forgotten password, from the sign-in page to a new one, and changing it again."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways


@both_ways
def test_a_forgotten_password_is_replaced_and_changed(visitor, mailed_link):
    priya = visitor()
    priya.open("/login")
    priya.press("I forgot my password")
    priya.press("Email me a link")
    expect(priya.summary).to_be_focused()
    priya.checked()
    priya.fill("Email address", cast.PRIYA)
    priya.press("Email me a link")
    priya.sees_heading("Check your mail")
    priya.checked()
    link = mailed_link(cast.PRIYA)
    priya.open(link)
    priya.sees_heading("Set a new password")
    priya.checked()
    priya.fill("New password", "a lantern and a lock")
    priya.press("Set password and sign in")
    priya.is_told("Your new password is set.")
    priya.open(link)
    priya.sees_heading("This link does not work")
    priya.checked()
    priya.open("/account")
    priya.fill("Current password", "a lantern and a key")
    priya.fill("New password", "a lantern and a door")
    priya.press("Change password")
    expect(priya.summary).to_be_focused()
    priya.checked()
    priya.fill("Current password", "a lantern and a lock")
    priya.fill("New password", "a lantern and a door")
    priya.press("Change password")
    priya.is_told("Your new password is set.")
    priya.checked()
