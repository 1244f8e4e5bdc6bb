"""Where one is signed in, in a browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways


@both_ways
def test_priya_signs_her_other_browser_out(visitor):
    priya, elsewhere = visitor(cast.PRIYA), visitor(cast.PRIYA)
    priya.page.locator("summary", has_text="Priya Shah").click()
    priya.page.get_by_role("link", name="Where you are signed in").click()
    priya.sees_heading("Where you are signed in")
    expect(priya.page.get_by_role("row")).to_have_count(3)
    priya.checked()
    priya.press("Sign out everywhere else")
    priya.is_told("1 other browser is signed out. You stay signed in here.")
    priya.checked()
    elsewhere.page.reload()
    elsewhere.sees_heading("Sign in")
