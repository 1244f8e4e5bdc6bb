"""An access review in a browser: answered row by row, with scripts and without."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways


@both_ways
def test_priya_keeps_one_member_and_goes_on_with_the_next(visitor, javascript):
    priya = visitor(cast.PRIYA, at="/orgs/acme/members")
    priya.press("Access reviews")
    priya.checked()
    priya.press("Start the review")
    priya.reads("0 of 3 answered.")
    priya.checked()
    priya.press("Keep Priya Shah")
    priya.reads("1 of 3 answered.")
    if javascript:
        expect(priya.row("Marco Rossi")).to_be_focused()
    priya.press_in_menu("More for Marco Rossi", "End the access of Marco Rossi")
    priya.sees_heading("End the access of 1 member?")
    priya.checked()
    priya.press("End access")
    priya.reads("2 of 3 answered.")
    priya.checked()
