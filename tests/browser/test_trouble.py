"""With scripts: what is said when the server is away, or no longer knows the visitor."""

from __future__ import annotations

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
    priya.fill("Email address", "bo@example.org")
    priya.page.route("**/orgs/**", lambda route: route.abort())
    priya.press("Send invitation")
    expect(priya.dialog.get_by_role("status")).to_have_text(AWAY)
    expect(priya.field("Email address")).to_have_value("bo@example.org")
    priya.checked()
    priya.page.unroute("**/orgs/**")
    priya.press("Send invitation")
    priya.is_told("Invitation sent to bo@example.org.")
    expect(priya.page.locator("#messages")).not_to_contain_text(AWAY)


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
    here.reads("Only an open invitation can be edited. This one has ended.")
    expect(here.summary).to_be_focused()
    here.checked()
