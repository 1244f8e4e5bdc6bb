"""An admin invites somebody, who registers: the whole way, through a worker and a mail server."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways


@both_ways
def test_bo_is_invited_registers_and_the_table_says_accepted(
    visitor, worker, mailed_link, javascript
):
    priya = visitor()
    priya.open("/")
    priya.sees_heading("Sign in")
    priya.checked()
    priya.sign_in(cast.PRIYA)
    priya.sees_heading("Invitations")
    priya.checked()
    priya.press("Invite people")
    priya.sees_heading("Invite people")
    expect(priya.dialog).to_have_count(1 if javascript else 0)
    priya.checked()
    priya.fill("Email addresses", "bo@example.org")
    priya.unfold("Add a name, a message, expiry, access or language")
    priya.fill("Name", "Bo")
    priya.fill("Personal message", "Hello Bo,\nthe gate is open.")
    priya.press("Send invitation")
    priya.is_told("Invitation sent to bo@example.org. It is good until")
    expect(priya.dialog).to_have_count(0)
    priya.sees_in_row("bo@example.org", "Pending", "Queued", "Contributor", "Priya Shah")
    priya.checked()

    worker()
    bo = visitor()
    bo.open(mailed_link())
    assert bo.status == 200
    bo.sees_heading("Join Acme")
    bo.reads("Priya Shah invites you to join Acme as a contributor.")
    bo.reads("the gate is open.")
    expect(bo.field("Full name")).to_have_value("Bo")
    bo.checked()
    bo.fill("Full name", "Bo Lind")
    bo.fill("Password", "seven bars and a half")
    bo.press("Create account and join")
    bo.sees_heading("Members of Acme")
    bo.sees_in_row("Bo Lind", "bo@example.org", "Contributor")
    expect(bo.page.locator(".account")).to_contain_text("Bo Lind")
    bo.checked()

    priya.page.reload()
    priya.sees_in_row("bo@example.org", "Accepted", "Sent")
    priya.checked()
    priya.press("bo@example.org")
    priya.reads("History")
    priya.checked()


@both_ways
def test_a_second_invitation_to_an_address_is_refused_with_the_offer_to_resend(
    visitor, mailed_link, bo_is_invited
):
    first = mailed_link()
    priya = visitor(cast.PRIYA)
    priya.press("Invite people")
    priya.fill("Email addresses", "Bo@Example.org")
    priya.unfold("Add a name, a message, expiry, access or language")
    priya.fill("Name", "Bo")
    priya.press("Send invitation")
    expect(priya.summary).to_be_focused()
    expect(priya.field("Email addresses")).to_have_accessible_description(
        re.compile("Error: Bo@Example.org already has an open invitation. You can resend it")
    )
    expect(priya.field("Email addresses")).to_have_value("Bo@Example.org")
    expect(priya.field("Name")).to_have_value("Bo")
    priya.checked()
    priya.press("Resend the invitation to Bo@Example.org")
    priya.is_told("A new link was sent to bo@example.org.")
    expect(priya.dialog).to_have_count(0)
    priya.keeps_focus()
    priya.checked()
    assert mailed_link() != first


@both_ways
def test_what_is_wrong_with_an_address_stands_beside_it(visitor):
    priya = visitor(cast.PRIYA)
    priya.press("Invite people")
    priya.fill("Email addresses", "bo@example")
    priya.unfold("Add a name, a message, expiry, access or language")
    priya.fill("Personal message", "Hello Bo")
    priya.press("Send invitation")
    expect(priya.summary).to_be_focused()
    expect(priya.field("Email addresses")).to_have_attribute("aria-invalid", "true")
    expect(priya.field("Personal message")).to_have_value("Hello Bo")
    priya.checked()
    priya.summary.get_by_role("link").click()
    expect(priya.field("Email addresses")).to_be_focused()
    priya.fill("Email addresses", "bo@example.org")
    priya.press("Send invitation")
    priya.is_told("Invitation sent to bo@example.org.")


@both_ways
def test_an_open_invitation_is_edited_and_its_link_stays(visitor, mailed_link, bo_is_invited):
    link = mailed_link()
    priya = visitor(cast.PRIYA)
    priya.press_in_menu("More for bo@example.org", "Edit for bo@example.org")
    priya.sees_heading("Edit the invitation")
    priya.checked()
    priya.choose("Role", "Manager")
    priya.choose("Link is good for", "30 days")
    priya.press("Save")
    priya.is_told("The invitation for bo@example.org was changed. Its link stays the same.")
    priya.keeps_focus()
    priya.checked()
    priya.open("/orgs/acme/invitations")
    priya.sees_in_row("bo@example.org", "Manager", "in 30 days")
    bo = visitor()
    bo.open(link)
    bo.reads("Priya Shah invites you to join Acme as a manager.")


@both_ways
def test_the_table_is_filtered_by_status_and_back_again(visitor, bo_is_invited):
    priya = visitor(cast.PRIYA)
    priya.press("Revoked 0")
    priya.reads("No revoked invitations.")
    assert priya.page.url.endswith("?status=revoked")
    priya.keeps_focus()
    priya.checked()
    priya.press("Pending 1")
    priya.sees_in_row("bo@example.org", "Pending")
    expect(priya.row("chen@acme.example")).to_have_count(0)
    priya.page.go_back()
    priya.reads("No revoked invitations.")


def test_table_and_address_agree_after_inviting_from_a_filtered_table(visitor):
    priya = visitor(cast.PRIYA)
    priya.press("Revoked 0")
    priya.reads("No revoked invitations.")
    priya.press("Invite people")
    priya.fill("Email addresses", "bo@example.org")
    priya.press("Send invitation")
    priya.is_told("Invitation sent to bo@example.org.")
    chosen = priya.page.locator(".tabs [aria-current]")
    before = chosen.inner_text()
    priya.page.reload()
    expect(chosen).to_have_text(before)


def test_pressing_twice_invites_once(visitor):
    priya = visitor(cast.PRIYA)
    priya.press("Invite people")
    priya.fill("Email addresses", "bo@example.org")
    priya.button("Send invitation").dblclick()
    priya.is_told("Invitation sent to bo@example.org.")
    expect(priya.dialog).to_have_count(0)
    expect(priya.row("bo@example.org")).to_have_count(1)
