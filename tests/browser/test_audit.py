"""An admin looks up what happened, with a keyboard and with scripts, and without them."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways


@both_ways
def test_an_admin_asks_for_some_of_the_trail_and_for_all_of_it_again(visitor, app):
    with app.app_context():
        cast.invited("bo@example.org")
    priya = visitor(cast.PRIYA, at="/audit")
    priya.sees_heading("Audit trail")
    priya.reads("Priya Shah invited bo@example.org to join as a contributor.")
    priya.page.get_by_label("Address").fill("chen@acme.example")
    priya.page.get_by_label("Event").select_option(label="Invitation accepted")
    priya.press("Search")
    priya.reads("chen@acme.example accepted and joined as a contributor.")
    expect(priya.page.locator("#trail table")).not_to_contain_text("bo@example.org")
    priya.checked()
    priya.press("Show all")
    priya.reads("Priya Shah invited bo@example.org to join as a contributor.")
