"""Messages over the foot of the window: said once, moving nothing, closed and undone from there."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways

LONG = 60_000  # milliseconds: longer than any message is shown
HEARD = """() => {
  window.heard = []
  new MutationObserver(changes => {
    for (const change of changes) for (const node of change.addedNodes)
      if (node.textContent.trim()) window.heard.push(node.textContent.trim())
  }).observe(document.getElementById('messages'), { childList: true })
}"""

PRESS = """button => new Promise(done => {
  new MutationObserver(() => {
    const said = document.querySelector('body > [role=status]')?.textContent
    if (!said || !button.matches('.busy')) return
    button.click()
    const state = button.classList.item(1) ?? button.classList.item(0)
    done({ busy: button.form.ariaBusy, button: `${state} ${button.ariaDisabled}`, said })
  }).observe(document.body, { childList: true, subtree: true, attributes: true })
  button.click()
})"""


@pytest.fixture
def priya(visitor, bo_is_invited):
    return visitor(cast.PRIYA)


def revokes(priya):
    priya.press_in_menu("More for bo@example.org", "Revoke for bo@example.org")
    priya.press("Revoke the invitation")
    priya.is_told("The invitation for bo@example.org is revoked.")


@both_ways
def test_undo_brings_back_what_was_revoked_and_the_list_stays_open(visitor, bo_is_invited):
    priya = visitor(cast.PRIYA)
    revokes(priya)
    priya.checked()
    priya.press("Undo")
    priya.is_told("bo@example.org is invited again, with a new link")
    priya.checked()


def test_a_message_moves_nothing_and_is_said_once(priya):
    where = priya.page.locator(".tabs").bounding_box()
    priya.page.evaluate(HEARD)
    revokes(priya)
    assert priya.page.locator(".tabs").bounding_box() == where
    assert len(priya.page.evaluate("window.heard")) == 1
    box = priya.page.locator("#messages .message").bounding_box()
    height = priya.page.viewport_size["height"]
    assert box["y"] + box["height"] == pytest.approx(height - 16, abs=2)


def test_a_message_leaves_by_itself_but_not_while_somebody_is_at_it(priya):
    priya.page.clock.install()
    revokes(priya)
    message = priya.page.locator("#messages .message")
    priya.page.clock.run_for(10_000)
    expect(message).to_be_visible()
    message.hover()
    priya.page.clock.run_for(LONG)
    expect(message).to_be_visible()
    priya.page.mouse.move(0, 0)
    priya.button("Undo").focus()
    priya.page.clock.run_for(LONG)
    expect(message).to_be_visible()
    priya.strikes("Escape")
    expect(message).to_have_count(0)
    priya.page.clock.run_for(100)
    priya.keeps_focus()


def test_by_keyboard_a_message_is_undone_from_afar_and_closed(priya, visitor):
    revokes(priya)
    priya.strikes("Control+z")
    priya.is_told("bo@example.org is invited again")
    priya.tabs_to(priya.button("Close this message"))
    priya.strikes("Enter")
    expect(priya.page.locator("#messages .message")).to_have_count(0)
    priya.keeps_focus()


def test_what_a_whole_page_brings_along_is_announced(priya):
    priya.page.add_init_script(f"addEventListener('DOMContentLoaded', {HEARD})")
    priya.open("/account")
    priya.fill("Full name", "Priya S. Shah")
    priya.press("Save")
    priya.is_told("Your profile is saved.")
    assert len(priya.page.evaluate("window.heard")) == 1


def test_a_refusal_stays_until_it_is_closed(priya):
    priya.page.clock.install()
    priya.forgive("net::ERR_FAILED", "htmx:error: Failed to fetch")
    priya.page.route("**/resend", lambda route: route.abort())
    priya.press("Resend the invitation to bo@example.org")
    priya.is_told("The server could not be reached.")
    priya.page.clock.run_for(LONG)
    priya.is_told("The server could not be reached.")
    priya.press("Close this message")
    expect(priya.page.locator("#messages .message")).to_have_count(0)


class TestASlowAnswer:
    """The pressed button says that something is under way, and a second press does nothing."""

    @pytest.fixture
    def held(self, priya):
        """Requests that match are held back until they are let go."""
        waiting = []

        def hold(pattern):
            priya.page.route(pattern, lambda route: waiting.append(route))
            return waiting

        return hold

    def is_busy(self, priya, button):
        expect(button).to_have_class(re.compile(r"\bbusy\b"))
        expect(button).to_have_attribute("aria-disabled", "true")
        said = priya.page.locator("[role=status]", has_text="Still working on it.")
        expect(said).to_have_count(1)

    def test_is_shown_by_a_form_that_the_browser_sends(self, priya, held):
        priya.open("/account")
        waiting = held("**/account")
        # In one go: Playwright itself waits once a page is on its way.
        seen = priya.button("Save").evaluate(PRESS)
        assert seen == {"busy": "true", "button": "busy true", "said": "Still working on it."}
        assert len(waiting) == 1
        waiting[0].continue_()
        priya.is_told("Your profile is saved.")

    def test_is_shown_by_a_link_that_opens_the_dialog_and_in_the_dialog(self, priya, held):
        waiting = held(re.compile(r"/invitations(/new)?$"))
        button = priya.page.locator("#invite")
        button.click()
        self.is_busy(priya, button)
        button.click(force=True)
        assert len(waiting) == 1
        waiting.pop().continue_()
        priya.fill("Email addresses", "jo@example.org")
        expect(button).not_to_have_class(re.compile(r"\bbusy\b"))
        send = priya.button("Send invitation")
        send.click()
        self.is_busy(priya, send)
        expect(priya.dialog.locator("form[aria-busy=true]")).to_have_count(1)
        priya.field("Email addresses").press("Enter")
        assert len(waiting) == 1
        waiting.pop().continue_()
        priya.page.unroute_all()
        priya.is_told("Invitation sent to jo@example.org.")
        expect(priya.page.locator("[aria-busy]")).to_have_count(0)
