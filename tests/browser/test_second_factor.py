"""The second factor in a browser: switched on, asked for, got round with a recovery code."""

from __future__ import annotations

from tests import cast
from tests.browser.visitor import both_ways
from tests.web.test_second_factor import code_of


@both_ways
def test_priya_switches_it_on_and_signs_in_with_a_recovery_code(visitor, secrets):
    priya = visitor(cast.PRIYA, at="/account/second-factor")
    priya.sees_heading("Second factor")
    secret = priya.page.locator("#secret").input_value()
    codes = priya.page.locator("pre").inner_text().split()
    secrets.learn(secret)
    priya.checked()
    priya.fill("Password", cast.PASSWORD)
    priya.fill("Code", code_of(secret))
    priya.press("Turn on")
    priya.is_told("The second factor is on.")
    priya.checked()
    again = visitor()
    again.open("/login")
    again.fill("Email address or username", cast.PRIYA)
    again.fill("Password", cast.PASSWORD)
    again.press("Sign in")
    again.sees_heading("Enter your code")
    again.checked()
    again.fill("Code", codes[0])
    again.press("Sign in")
    again.sees_heading("Invitations")
