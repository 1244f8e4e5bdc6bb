"""The table of invitations with scripts: searching while typing, pages, rows, a selection."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.browser.inspection import NARROW
from tests.support import many_invitations
from webapp.models import Invitation

LIST = "/orgs/acme/invitations"
SAID = """() => {
  window.said = []
  const count = document.getElementById('count')
  const all = { childList: true, characterData: true, subtree: true }
  new MutationObserver(() => window.said.push(count.textContent)).observe(count, all)
}"""


@pytest.fixture
def many(app, site):
    """A hundred and twenty open invitations: gus0@example.org to gus119@example.org."""
    with app.app_context():
        many_invitations.fill_open(120)


def test_the_table_follows_what_is_typed_and_says_so_once(visitor, many):
    priya = visitor(cast.PRIYA, at=LIST)
    priya.page.evaluate(SAID)
    search = priya.field("Search by name or email")
    search.focus()
    priya.types("11 gus")
    count = priya.page.locator("#count")
    expect(count).to_contain_text("11 of 123 match")
    expect(priya.page).to_have_title("11 of 123 match – Invitations – Acme – Gatehouse")
    expect(search).to_be_focused()
    expect(search).to_have_value("11 gus")
    assert search.evaluate("field => field.selectionStart") == len("11 gus")
    assert priya.page.url.endswith(f"{LIST}?q=11+gus")
    assert priya.page.evaluate("said") == ["11 of 123 match, newest first"]
    priya.types("zzz")
    priya.reads("No invitation matches “11 guszzz”.")
    assert priya.page.evaluate("said").pop() == "No invitation matches “11 guszzz”."
    priya.press("Show all")
    expect(count).to_contain_text("123 invitations")
    expect(search).to_have_value("")
    priya.page.go_back()
    expect(search).to_have_value("11 guszzz")
    priya.checked()


def test_a_filter_chosen_again_is_sent_without_empty_parameters(visitor, many):
    priya = visitor(cast.PRIYA, at=LIST)
    priya.choose("Invited by", "Priya Shah")
    expect(priya.page.locator("#count")).to_contain_text("122 of 123 match")
    assert priya.page.url.partition("?")[2].startswith("inviter=")
    assert "&" not in priya.page.url
    priya.press("Show all")
    expect(priya.field("Invited by")).to_have_value("")


def test_the_next_page_begins_at_its_top_and_its_buttons_stay_where_they_are(visitor, many):
    priya = visitor(cast.PRIYA, at=LIST)
    following = priya.button("Next")
    following.scroll_into_view_if_needed()
    before = following.bounding_box()["x"]
    priya.press("Next")
    expect(priya.page.locator(".pages")).to_contain_text("51 to 100 of 123")
    expect(priya.page.locator("#count")).to_be_in_viewport()
    expect(priya.page.get_by_role("region", name="Invitations 51 to 100 of 123")).to_be_focused()
    assert priya.button("Next").bounding_box()["x"] == before
    priya.press("Next")
    expect(priya.page.locator(".pages")).to_contain_text("101 to 123 of 123")
    priya.press("Previous")
    expect(priya.page.locator(".pages")).to_contain_text("51 to 100 of 123")
    priya.checked()


def test_resending_a_row_far_down_leaves_everything_where_it_is(visitor, many):
    priya = visitor(cast.PRIYA, at=f"{LIST}?q=gus&sort=email")
    row = priya.page.locator("tbody tr").nth(35)
    resend = row.get_by_role("button", name="Resend the invitation to ", exact=False).first
    resend.focus()
    before = priya.page.evaluate("scrollY")
    assert before > 500
    priya.strikes("Enter")
    priya.is_told("A new link was sent to")
    expect(resend).to_be_focused()
    assert abs(priya.page.evaluate("scrollY") - before) < 150  # the message may move the rows
    assert priya.page.url.endswith("?q=gus&sort=email")


def test_a_revoked_row_keeps_the_list_and_the_focus_goes_to_the_next(visitor, many):
    priya = visitor(cast.PRIYA, at=f"{LIST}?q=gus&status=pending&sort=email")
    rows = priya.page.locator("tbody tr")
    name, following = (rows.nth(at).locator("th").inner_text() for at in (30, 31))
    rows.nth(30).locator("summary").click()
    before = priya.page.evaluate("scrollY")
    priya.press(f"Revoke for {name}")
    priya.press("Revoke the invitation")
    priya.is_told(f"The invitation for {name} is revoked.")
    expect(priya.dialog).to_have_count(0)
    expect(priya.page.get_by_role("link", name=following, exact=True)).to_be_focused()
    assert abs(priya.page.evaluate("scrollY") - before) < 150
    assert priya.page.url.endswith("?q=gus&status=pending&sort=email")
    expect(priya.page.locator("#count")).to_contain_text("119 of 119 pending match")


def test_rows_chosen_on_two_pages_are_revoked_together(visitor, many, app):
    priya = visitor(cast.PRIYA, at=LIST)
    bar = priya.page.locator("#selected")
    expect(bar).to_be_hidden()
    priya.page.get_by_label("Select gus119@example.org").check()
    expect(bar).to_be_in_viewport()
    expect(bar).to_contain_text("1 selected")
    priya.checked()
    priya.checked()
    priya.press("Resend the invitation to gus118@example.org")
    priya.is_told("A new link was sent to gus118@example.org.")
    told = priya.page.locator("#messages .message").bounding_box()
    assert told["y"] + told["height"] <= bar.bounding_box()["y"], "the message covers the bar"
    expect(bar).to_contain_text("1 selected")
    priya.press("Next")
    expect(priya.page.locator(".pages")).to_contain_text("51 to 100")
    priya.page.get_by_label("Select gus69@example.org").check()
    expect(bar).to_contain_text("2 selected")
    priya.press("Revoke the selected invitations")
    priya.sees_heading("Revoke 2 invitations?")
    priya.press("Revoke 2 invitations")
    priya.is_told("2 invitations were revoked.")
    expect(bar).to_be_hidden()
    expect(priya.page.locator(".pages")).to_contain_text("51 to 100")
    with app.app_context():
        revoked = Invitation.query.filter_by(state="revoked")
        assert {one.email for one in revoked} == {"gus119@example.org", "gus69@example.org"}


def test_a_whole_page_and_all_that_match_are_chosen_and_let_go(visitor, many):
    priya = visitor(cast.PRIYA, at=f"{LIST}?q=gus")
    bar = priya.page.locator("#selected")
    priya.page.get_by_label("Select all on this page").check()
    expect(bar).to_contain_text("50 selected")
    priya.page.get_by_label("Select all 120 that match").check()
    expect(bar).to_contain_text("All selected")
    priya.press("Resend the selected invitations")
    priya.sees_heading("Resend 120 invitations?")
    priya.press("Cancel")
    expect(priya.button("Resend the selected invitations")).to_be_focused()
    priya.press("Clear the selection")
    expect(bar).to_be_hidden()
    expect(priya.page.locator("tbody input:checked")).to_have_count(0)


def test_on_a_phone_the_first_row_is_above_the_fold_and_filters_are_folded(visitor, many):
    priya = visitor(cast.PRIYA)
    priya.page.set_viewport_size(NARROW)
    priya.open(LIST)
    first = priya.page.locator("tbody tr").first
    expect(first).to_be_in_viewport(ratio=1)
    assert first.bounding_box()["height"] < 96
    expect(priya.page.locator("#delivery")).to_be_hidden()
    priya.page.get_by_text("More filters").click()
    expect(priya.page.locator("#delivery")).to_be_visible()
    first.locator("summary").click()
    first.get_by_role("button", name="Resend the invitation to gus119@example.org").click()
    priya.is_told("A new link was sent to gus119@example.org.")
    priya.checked()


def test_one_of_a_thousand_is_found_and_resent_by_few_keys(visitor, app, site):
    with app.app_context():
        many_invitations.fill_open(1000)
    priya = visitor(cast.PRIYA, at=LIST)
    priya.field("Search by name or email").focus()
    priya.types("gus 777")
    expect(priya.page.locator("#count")).to_contain_text("1 of 1,003 matches")
    keys = ["ArrowDown", "Tab", "Enter"]
    for key in keys:
        priya.strikes(key)
    priya.is_told("A new link was sent to gus777@example.org.")
    assert len(keys) <= 5  # and "/" before them


def test_what_is_chosen_is_said_in_the_language_of_the_page(visitor, many):
    priya = visitor(cast.PRIYA, at=f"{LIST}?q=gus")
    priya.page.get_by_role("button", name="Deutsch").click()
    expect(priya.page.locator("html")).to_have_attribute("lang", "de")
    bar = priya.page.locator("#selected")
    priya.page.get_by_label("gus119@example.org auswählen").check()
    expect(bar).to_contain_text("1 ausgewählt")
    priya.page.get_by_label("Alle 120 passenden auswählen").check()
    expect(bar).to_contain_text("Alle ausgewählt")
