"""Several people in one form, by paste and by key, and nothing typed is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways

FIVE = (
    "ada@example.org, Lind, Bo <bo@example.org>; cy@example.org\nmailto:di@example.org\n"
    "ed@example.org"
)
KEYS = "addEventListener('keydown', () => { window.struck = (window.struck ?? 0) + 1 }, true)"
LINES = """span => { // the text of each line as it is broken
  const lines = new Map()
  for (const text of [...span.childNodes].filter(node => node.data)) {
    for (let at = 0; at < text.length; at++) {
      const range = document.createRange()
      range.setStart(text, at)
      range.setEnd(text, at + 1)
      const { top } = range.getBoundingClientRect()
      lines.set(top, (lines.get(top) ?? '') + text.data[at])
    }
  }
  return [...lines.values()]
}"""
CLICKS = "addEventListener('click', () => { window.clicks = (window.clicks ?? 0) + 1 }, true)"


@pytest.fixture
def priya(visitor):
    """The admin on the landing page, with a window as high as a small laptop's."""
    person = visitor(cast.PRIYA)
    person.page.set_viewport_size({"width": 1280, "height": 720})
    return person


def line(person, words):
    return person.place.locator(".people li", has_text=words)


def test_one_person_is_invited_by_two_keys_and_the_address(priya):
    priya.page.evaluate(KEYS)
    priya.strikes("n")
    priya.types("bo@example.org")  # at once, while the dialog is still opening
    expect(priya.field("Email addresses")).to_have_value("bo@example.org")
    priya.strikes("Enter")
    priya.is_told("Invitation sent to bo@example.org.")
    assert priya.page.evaluate("struck") - len("bo@example.org") == 2


def test_five_colleagues_are_invited_by_a_paste_and_two_clicks(priya):
    priya.page.evaluate(CLICKS)
    priya.press("Invite people")
    expect(priya.field("Email addresses")).to_be_focused()
    priya.paste(FIVE)
    priya.reads("5 people.")
    priya.press("Send 5 invitations")
    priya.is_told("5 people invited. Their links are good until")
    priya.sees_in_row("bo@example.org", "Pending")
    assert priya.page.evaluate("clicks") == 2


def test_the_dialog_fits_a_small_laptop_whole(priya):
    priya.press("Invite people")
    priya.sees_heading("Invite people")
    assert priya.dialog.evaluate("box => box.scrollHeight - box.clientHeight") == 0
    expect(priya.button("Send invitation")).to_be_in_viewport()
    priya.paste(FIVE + " nonsense joe@gmial.com")
    priya.reads("7 people. 2 need your attention.")
    expect(priya.button("Send 7 invitations")).to_be_in_viewport()
    priya.checked()


def test_on_a_phone_what_is_wrong_has_the_whole_line_and_addresses_break_between_words(priya):
    priya.page.set_viewport_size({"width": 320, "height": 900})
    priya.open("/orgs/acme/invitations/new")
    priya.field("Email addresses").focus()
    long = "christopher.montgomery@donaudampfschiff.example.org"
    priya.paste(f"{cast.CHEN}, {long}")
    priya.reads("2 people. 1 needs your attention.")
    chen = line(priya, cast.CHEN)
    assert chen.locator(".error").bounding_box()["width"] == chen.bounding_box()["width"]
    address = line(priya, long).locator(".who span")
    whole = address.bounding_box()
    remove = priya.button(f"Remove {long}").bounding_box()
    assert whole["x"] + whole["width"] <= remove["x"]
    lines = ["christopher.montgomery@", "donaudampfschiff.example", ".org"]
    assert address.evaluate(LINES) == lines
    priya.checked()


def test_each_line_says_what_is_wrong_and_is_put_right_there(priya):
    priya.strikes("n")
    expect(priya.field("Email addresses")).to_be_focused()
    for text in (cast.CHEN, "joe@gmial.com", "zoe@hotmial.com", "Bo Lind <bo@example.org>"):
        priya.types(f"{text},")
        expect(priya.field("Email addresses")).to_have_value("")
    expect(line(priya, cast.CHEN)).to_contain_text("is already a member")
    expect(line(priya, "Bo Lind")).to_contain_text("bo@example.org")
    priya.press("Use joe@gmail.com")
    expect(line(priya, "joe@gmial.com")).to_have_count(0)
    priya.press("Keep zoe@hotmial.com")
    expect(line(priya, "Did you mean")).to_have_count(0)
    priya.press(f"Remove {cast.CHEN}")
    expect(priya.focused).to_have_accessible_name("Remove joe@gmail.com")
    expect(priya.dialog.get_by_role("status")).to_have_text(f"{cast.CHEN} removed.")
    priya.checked()
    priya.press("Send 3 invitations")
    priya.is_told("3 people invited.")
    for email in ("joe@gmail.com", "zoe@hotmial.com", "bo@example.org"):
        priya.sees_in_row(email, "Pending")


def test_a_likely_typo_is_invited_only_after_an_answer_about_it(priya, app):
    priya.press("Invite people")
    expect(priya.field("Email addresses")).to_be_focused()
    priya.paste(f"joe@gmial.com zoe@hotmial.com amy@gmal.com bo@example.org {cast.CHEN}")
    priya.reads("5 people. 4 need your attention.")
    priya.press("Keep amy@gmal.com")
    priya.reads("5 people. 3 need your attention.")
    priya.press("Send 5 invitations")
    expect(priya.summary).to_be_focused()
    expect(line(priya, "Did you mean")).to_have_count(2)  # Keep is not forgotten
    priya.press("Use zoe@hotmail.com")  # which says nothing about Joe
    expect(line(priya, "zoe@hotmial.com")).to_have_count(0)
    expect(line(priya, "Did you mean")).to_have_count(1)
    priya.press(f"Remove {cast.CHEN}")
    priya.press("Send 4 invitations")
    priya.press("Send to the other 3 only")
    priya.is_told("3 people invited.")
    for email in ("amy@gmal.com", "zoe@hotmail.com", "bo@example.org"):
        priya.sees_in_row(email, "Pending")
    expect(priya.row("joe@gmial.com")).to_have_count(0)


def test_what_was_wrong_with_the_lines_is_not_said_of_other_lines(priya):
    priya.strikes("n")
    priya.types("nonsense")
    priya.strikes("Enter")
    expect(priya.summary).to_be_focused()
    field = priya.field("Email addresses")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("bo@example.org")
    expect(priya.summary).to_have_count(0)
    expect(priya.dialog.locator("#email-error")).to_have_count(0)
    expect(field).not_to_have_attribute("aria-invalid", "true")
    priya.checked()


def test_what_was_wrong_is_still_said_of_lines_that_come_back_as_they_were(priya):
    priya.press("Invite people")
    expect(priya.field("Email addresses")).to_be_focused()
    priya.paste("\n".join(f"p{number}@example.org" for number in range(101)))
    priya.press("Send invitation")
    expect(priya.summary).to_contain_text("at most 100 people here")
    expect(priya.dialog.locator("#email-error")).to_be_visible()


def test_backspace_takes_the_last_line_back_into_the_field(priya):
    priya.strikes("n")
    expect(priya.field("Email addresses")).to_be_focused()
    priya.types("bo@example.org lea@example.org ")
    priya.reads("2 people.")
    priya.strikes("Backspace")
    expect(priya.field("Email addresses")).to_have_value("lea@example.org")
    expect(priya.button("Send 2 invitations")).to_be_visible()


@both_ways
def test_a_problem_is_said_after_sending_and_the_others_can_be_invited(visitor):
    priya = visitor(cast.PRIYA)
    priya.press("Invite people")
    priya.fill("Email addresses", f"bo@example.org {cast.CHEN} lea@example.org")
    priya.press("Send invitation")
    expect(priya.summary).to_be_focused()
    expect(line(priya, cast.CHEN)).to_contain_text("is already a member")
    priya.checked()
    priya.press("Send to the other 2 only")
    priya.is_told("2 people invited.")
    priya.is_told(f"{cast.CHEN} was not invited")


def test_without_scripts_a_likely_typo_is_corrected_by_a_tick(visitor):
    priya = visitor(cast.PRIYA, javascript=False)
    priya.press("Invite people")
    priya.fill("Email addresses", "joe@gmial.com")
    priya.press("Send invitation")
    priya.reads("Did you mean joe@gmail.com?")
    priya.checked()
    priya.page.get_by_label("Change it to joe@gmail.com.").check()
    priya.press("Send invitation")
    priya.is_told("Invitation sent to joe@gmail.com.")


@pytest.mark.parametrize("way", ["Escape", "Cancel", "outside", "Back"])
def test_closing_asks_before_it_drops_what_was_typed(priya, way):
    def close():
        if way == "outside":
            priya.page.mouse.click(5, 5)
        elif way == "Back":
            priya.page.go_back()
        elif way == "Escape":
            priya.strikes(way)
        else:
            priya.press(way)

    here = priya.page.url
    priya.press("Invite people")
    expect(priya.field("Email addresses")).to_be_focused()
    close()  # nothing was typed yet
    expect(priya.dialog).to_have_count(0)
    expect(priya.button("Invite people")).to_be_focused()
    priya.press("Invite people")
    expect(priya.field("Email addresses")).to_be_focused()
    priya.types("Bo")
    close()
    question = priya.page.locator("dialog.question")
    expect(question.get_by_role("heading")).to_have_text("Discard what you typed?")
    question.get_by_role("button", name="Keep typing").click()
    expect(priya.field("Email addresses")).to_have_value("Bo")
    close()
    question.get_by_role("button", name="Discard").click()
    expect(priya.dialog).to_have_count(0)
    priya.sees_heading("Invitations")
    assert priya.page.url == here


def test_back_after_inviting_leads_to_where_one_was_before(priya):
    priya.page.get_by_role("link", name="Members").click()
    priya.sees_heading("Members of Acme")
    priya.page.get_by_role("link", name="Invitations").click()
    priya.sees_heading("Invitations")
    priya.strikes("n")
    priya.types("bo@example.org")
    expect(priya.field("Email addresses")).to_have_value("bo@example.org")
    priya.strikes("Enter")
    priya.is_told("Invitation sent to bo@example.org.")
    priya.page.go_back()
    priya.sees_heading("Members of Acme")


def test_the_keys_are_listed_are_only_letters_in_a_field_and_can_be_switched_off(priya):
    priya.strikes("/")
    expect(priya.page.locator("#q")).to_be_focused()
    priya.types("n?/")
    expect(priya.page.locator("#q")).to_have_value("n?/")
    expect(priya.dialog).to_have_count(0)
    priya.page.locator("h1").click()
    priya.page.evaluate("document.activeElement.blur()")
    priya.strikes("?")
    priya.sees_heading("Keyboard shortcuts")
    priya.checked()
    priya.page.get_by_label("Use keyboard shortcuts").uncheck()
    priya.press("Close")
    expect(priya.dialog).to_have_count(0)
    priya.page.reload()
    priya.strikes("n")
    priya.strikes("?")
    priya.page.locator("summary", has_text="Priya Shah").click()
    priya.page.get_by_role("button", name="Keyboard shortcuts").click()
    priya.sees_heading("Keyboard shortcuts")
    priya.page.get_by_label("Use keyboard shortcuts").check()
    priya.press("Close")
    priya.strikes("n")
    priya.sees_heading("Invite people")


def test_the_people_in_the_form_are_counted_in_the_language_of_the_page(priya):
    priya.open("/orgs/acme/invitations/new")
    priya.page.get_by_role("button", name="العربية").click()
    expect(priya.page.locator("html")).to_have_attribute("lang", "ar")
    form = priya.page.locator("form[data-invite]")
    form.locator("#email").fill("ada@example.org")
    form.locator("#email").press(",")
    form.locator("#email").press_sequentially("bo@example.org,")
    expect(form.locator(".primary")).to_have_text("أرسل الدعوات (2)")
    expect(form.get_by_role("status")).to_have_text("شخصان.")
    form.locator("[data-remove]").first.click()
    expect(form.locator(".primary")).to_have_text("أرسل الدعوة")
    expect(form.get_by_role("status")).to_have_text("أُزيل \u2068ada@example.org\u2069.")
