"""When access ends, in a browser: set, extended, ended for several; with scripts and without."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways

MEMBERS = "/orgs/acme/members"


@both_ways
def test_priya_sets_an_end_and_extends_it(visitor, javascript):
    priya = visitor(cast.PRIYA, at=MEMBERS)
    priya.press_in_menu("for Chen Wei", "Set when access ends for Chen Wei")
    priya.sees_heading("When the access of Chen Wei ends")
    expect(priya.dialog).to_have_count(1 if javascript else 0)
    priya.checked()
    priya.fill("Last day of access", "2020-01-01")
    priya.press("Save")
    expect(priya.summary).to_contain_text("Choose a day that is not over yet.")
    priya.checked()
    priya.fill("Last day of access", "2099-06-30")
    priya.press("Save")
    expect(priya.dialog).to_have_count(0)
    priya.sees_in_row("Chen Wei", "30 June 2099")
    priya.checked()
    priya.press_in_menu("for Chen Wei", "Extend the access of Chen Wei")
    priya.sees_in_row("Chen Wei", "28 September 2099")


@both_ways
def test_the_access_of_several_is_ended_after_a_question(visitor, javascript):
    chen, priya = visitor(cast.CHEN), visitor(cast.PRIYA)
    priya.open(MEMBERS)
    for name in ("Chen Wei", "Marco Rossi"):
        priya.page.get_by_label(f"Select {name}").check()
    priya.press("End access of the selected members")
    priya.sees_heading("End the access of 2 members?")
    expect(priya.dialog).to_have_count(1 if javascript else 0)
    priya.checked()
    priya.press("End access")
    priya.reads("The access of 2 members has ended.")
    priya.open(f"{MEMBERS}?status=ended")
    priya.sees_in_row("Chen Wei", "Ended")
    priya.sees_in_row("Marco Rossi", "Ended")
    priya.checked()
    chen.open(MEMBERS)
    chen.sign_in(cast.CHEN)
    chen.open(MEMBERS)
    assert chen.status == 403
    chen.reads("Acme")
    chen.checked()


def test_an_end_is_set_by_keyboard_alone(visitor):
    priya = visitor(cast.PRIYA, at=MEMBERS)
    priya.tabs_to(priya.page.locator("summary", has_text="for Chen Wei"))
    priya.strikes("Enter")
    priya.tabs_to(priya.button("Set when access ends for Chen Wei"))
    priya.strikes("Enter")
    priya.sees_heading("When the access of Chen Wei ends")
    priya.tabs_to(priya.button("Save"))
    priya.strikes("Enter")
    expect(priya.dialog).to_have_count(0)
    priya.sees_in_row("Chen Wei", "No end")
