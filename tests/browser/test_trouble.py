"""With scripts: what is said when the server is away, or no longer knows the visitor."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests import cast

NOISE = ("net::ERR_FAILED", "htmx:error: Failed to fetch")  # theirs, not ours
AWAY = "The server could not be reached. Nothing was changed. Try again."


def test_a_server_out_of_reach_is_said_in_words_and_works_again_later(visitor, bo_is_invited):
    priya = visitor(cast.PRIYA)
    priya.forgive(*NOISE)
    priya.page.route("**/orgs/**", lambda route: route.abort())
    priya.press("Resend the invitation to bo@example.org")
    priya.is_told(AWAY)
    priya.keeps_focus()
    priya.checked()
    priya.page.unroute("**/orgs/**")
    priya.press("Resend the invitation to bo@example.org")
    priya.is_told("A new link was sent to bo@example.org.")


def test_a_dialog_says_itself_that_the_server_is_out_of_reach(visitor):
    priya = visitor(cast.PRIYA)
    priya.forgive(*NOISE)
    priya.press("Invite people")
    priya.fill("Email addresses", "bo@example.org")
    priya.page.route("**/orgs/**", lambda route: route.abort())
    priya.press("Send invitation")
    expect(priya.dialog.get_by_role("status")).to_have_text(AWAY)
    expect(priya.field("Email addresses")).to_have_value("bo@example.org")
    priya.checked()
    priya.page.unroute("**/orgs/**")
    priya.press("Send invitation")
    priya.is_told("Invitation sent to bo@example.org.")
    expect(priya.page.locator("#messages")).not_to_contain_text(AWAY)


@pytest.mark.parametrize("status", [429, 502])
def test_an_answer_that_is_not_ours_is_said_in_words_and_shown_nowhere(
    visitor, bo_is_invited, status
):
    priya = visitor(cast.PRIYA)
    priya.forgive(f"the server responded with a status of {status}", f"{status} from /orgs/")
    page = "<html><head><title>nginx</title></head><body><center>nginx</center></body></html>"
    priya.page.route(
        "**/resend", lambda route: route.fulfill(status=status, content_type="text/html", body=page)
    )
    priya.press("Resend the invitation to bo@example.org")
    priya.is_told(f"The server could not do this ({status}). Try again in a minute.")
    priya.sees_in_row("bo@example.org", "Pending")
    priya.checked()


def test_a_server_that_takes_too_long_is_said_in_words(visitor, bo_is_invited):
    priya = visitor(cast.PRIYA)
    priya.forgive("htmx:error: timeout")
    priya.page.evaluate("htmx.config.defaultTimeout = 200")
    priya.page.route("**/resend", lambda route: None)
    priya.press("Resend the invitation to bo@example.org")
    priya.is_told("The server has not answered in time.")


def test_a_field_made_larger_by_hand_offends_nobody(visitor, bo_is_invited):
    priya = visitor(cast.PRIYA)
    priya.press("Invite people")
    priya.fill("Email addresses", "bo@example.org")
    priya.unfold("Add a name, a message, expiry, access or language")
    priya.reads("already has an open invitation")  # nothing moves any more
    priya.field("Personal message").scroll_into_view_if_needed()
    corner = priya.field("Personal message").bounding_box()
    x, y = corner["x"] + corner["width"] - 4, corner["y"] + corner["height"] - 4
    priya.page.mouse.move(x, y)
    priya.page.mouse.down()
    priya.page.mouse.move(x, y + 40)
    priya.page.mouse.up()
    expect(priya.field("Personal message")).to_have_attribute("style", re.compile("height"))
    priya.press("Send invitation")
    expect(priya.summary).to_be_focused()
    priya.checked()


def test_a_session_that_has_ended_leads_to_the_sign_in(visitor, travel):
    priya = visitor(cast.PRIYA)
    travel(days=31)
    priya.press("Invite people")
    priya.sees_heading("Sign in")
    priya.checked()


def test_an_invitation_that_is_gone_meanwhile_is_said_where_the_button_was(visitor, bo_is_invited):
    here, there = visitor(cast.PRIYA), visitor(cast.PRIYA)
    here.press_in_menu("More for bo@example.org", "Edit for bo@example.org")
    here.sees_heading("Edit the invitation")
    there.press_in_menu("More for bo@example.org", "Revoke for bo@example.org")
    there.press("Revoke the invitation")
    there.sees_in_row("bo@example.org", "Revoked")
    here.press("Save")
    here.reads("You can only edit an invitation that is still open. This one has ended.")
    expect(here.summary).to_be_focused()
    here.checked()
