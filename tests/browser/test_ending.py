"""What ends a link, and what its page then says to whoever holds it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways


@both_ways
def test_resending_supersedes_the_first_link_and_the_second_one_works(
    visitor, mailed_link, bo_is_invited
):
    first = mailed_link()
    priya = visitor(cast.PRIYA)
    priya.press("Resend the invitation to bo@example.org")
    priya.is_told("A new link was sent to bo@example.org.")
    priya.is_told("Earlier links no longer work.")
    priya.keeps_focus()
    priya.checked()
    second = mailed_link()
    bo = visitor()
    bo.open(first)
    assert bo.status == 410
    bo.sees_heading("This link has been replaced")
    expect(bo.button("Email me a new link")).to_be_visible()
    bo.checked()
    bo.open(second)
    bo.registers("Bo Lind")
    bo.sees_heading("Members of Acme")


@both_ways
def test_resending_twice_in_a_minute_is_refused_in_words(visitor, bo_is_invited, javascript):
    priya = visitor(cast.PRIYA)
    priya.press("Resend the invitation to bo@example.org")
    priya.is_told("A new link was sent to bo@example.org.")
    priya.press("Resend the invitation to bo@example.org")
    if javascript:
        priya.is_told("A new link was sent less than a minute ago.")
        expect(priya.button("Resend the invitation to bo@example.org")).to_be_focused()
    else:
        priya.reads("A new link was sent less than a minute ago.")
        expect(priya.summary).to_be_focused()
    priya.checked()
    if not javascript:
        priya.sees_heading("That was not done")
        priya.press("Go back")
    priya.sees_heading("Invitations")


@both_ways
def test_revoking_asks_first_and_ends_the_link(visitor, mailed_link, bo_is_invited, javascript):
    link = mailed_link()
    priya = visitor(cast.PRIYA)
    priya.press_in_menu("More for bo@example.org", "Revoke for bo@example.org")
    priya.sees_heading("Revoke the invitation for bo@example.org?")
    expect(priya.dialog).to_have_count(1 if javascript else 0)
    priya.checked()
    priya.press("Keep it")
    expect(priya.dialog).to_have_count(0)
    priya.keeps_focus()
    priya.open("/orgs/acme/invitations")
    priya.sees_in_row("bo@example.org", "Pending")
    priya.press_in_menu("More for bo@example.org", "Revoke for bo@example.org")
    priya.press("Revoke the invitation")
    priya.is_told("The invitation for bo@example.org is revoked. Its link no longer works.")
    expect(priya.dialog).to_have_count(0)
    priya.keeps_focus()
    priya.checked()
    priya.open("/orgs/acme/invitations")
    priya.sees_in_row("bo@example.org", "Revoked")
    bo = visitor()
    bo.open(link)
    assert bo.status == 410
    bo.sees_heading("This invitation was revoked")
    bo.reads("ask Priya Shah for a new invitation")
    bo.checked()


@both_ways
def test_an_expired_link_mails_a_new_one_which_works(visitor, mailed_link, bo_is_invited, travel):
    first = mailed_link()
    travel(days=7, seconds=1)
    priya = visitor(cast.PRIYA)
    priya.sees_in_row("bo@example.org", "Expired")
    priya.checked()
    bo = visitor()
    bo.open(first)
    assert bo.status == 410
    bo.sees_heading("This link has expired")
    bo.checked()
    elsewhere = visitor()
    elsewhere.open(first)
    bo.press("Email me a new link")
    bo.sees_heading("Check your mail")
    bo.reads("A new link is on its way to the address that was invited")
    bo.checked()
    elsewhere.press("Email me a new link")
    assert elsewhere.status == 422
    elsewhere.reads("A new link was sent to bo@example.org a few minutes ago.")
    expect(elsewhere.summary).to_be_focused()
    elsewhere.checked()
    bo.open(mailed_link())
    bo.registers("Bo Lind")
    bo.sees_heading("Members of Acme")
    priya.page.reload()
    priya.sees_in_row("bo@example.org", "Accepted")


@both_ways
def test_a_link_that_expires_while_the_form_is_filled_in_says_so(
    visitor, mailed_link, bo_is_invited, travel
):
    bo = visitor()
    bo.open(mailed_link())
    travel(days=8)
    bo.registers("Bo Lind")
    bo.sees_heading("This link has expired")
    expect(bo.button("Email me a new link")).to_be_visible()
    bo.checked()


@both_ways
def test_bo_declines_with_a_reason_that_priya_reads(visitor, mailed_link, bo_is_invited):
    bo = visitor()
    bo.open(mailed_link())
    bo.press("Decline the invitation")
    bo.sees_heading("Decline the invitation to Acme?")
    bo.checked()
    bo.press("Go back")
    bo.sees_heading("Join Acme")
    bo.press("Decline the invitation")
    bo.fill("Reason", "I have moved on.")
    bo.press("Decline")
    assert bo.status == 410
    bo.sees_heading("This invitation was declined")
    bo.checked()
    priya = visitor(cast.PRIYA)
    priya.sees_in_row("bo@example.org", "Declined")
    priya.press("bo@example.org")
    priya.reads("I have moved on.")
    priya.checked()


@both_ways
def test_a_used_link_leads_to_the_sign_in(visitor, mailed_link, bo_is_invited):
    link = mailed_link()
    bo = visitor()
    bo.open(link)
    bo.registers("Bo Lind")
    bo.sees_heading("Members of Acme")
    elsewhere = visitor()
    elsewhere.open(link)
    assert elsewhere.status == 410
    elsewhere.sees_heading("This invitation was already accepted")
    elsewhere.checked()
    elsewhere.press("Sign in")
    elsewhere.sees_heading("Sign in")


@both_ways
def test_a_link_that_is_not_ours_says_what_to_do(visitor):
    stranger = visitor()
    stranger.open("/register?token=half-of-a-l")
    assert stranger.status == 404
    stranger.sees_heading("This link does not work")
    stranger.checked()
