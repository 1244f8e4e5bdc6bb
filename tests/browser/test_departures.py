"""Leaving an organization, and deleting one's account, in a browser."""

from __future__ import annotations

from tests import cast
from tests.browser.visitor import both_ways


@both_ways
def test_chen_thinks_again_then_leaves_and_then_deletes_the_account(visitor):
    chen = visitor(cast.CHEN, at="/account")
    chen.press("Leave Acme")
    chen.sees_heading("Leave Acme?")
    chen.press("Stay a member")
    chen.sees_heading("Your account")
    chen.press("Leave Acme")
    chen.checked()
    chen.strikes("Tab")
    chen.button("Leave Acme").click()
    chen.is_told("You have left Acme.")
    chen.checked()
    chen.press("Delete my account")
    chen.sees_heading("Delete your account?")
    chen.fill("Password", "not the password")
    chen.press("Delete my account")
    chen.reads("The password is not right. Try again.")
    chen.keeps_focus()
    chen.checked()
    chen.fill("Password", cast.PASSWORD)
    chen.press("Delete my account")
    chen.is_told("Your account is deleted.")
    chen.checked()
    chen.open("/account")
    chen.sees_heading("Sign in")
