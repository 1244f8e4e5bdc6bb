"""An admin looks after the members: finding, roles, signing out, deactivating and back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways
from webapp.domain import invitations
from webapp.domain.members import roles


@pytest.fixture
def marco_is_an_admin(app, site):
    """Marco is an admin, too, and has invited Bo."""
    with app.app_context():
        acme = cast.organization()
        roles.change_role(acme, cast.member(cast.MARCO).id, by=cast.person(), role="admin")
        marco = cast.person(cast.MARCO)
        invitations.create(acme, by=marco, email="bo@example.org", role="contributor")


@both_ways
def test_priya_changes_a_role_and_chen_signs_in_to_the_new_one(visitor, javascript):
    chen, priya = visitor(cast.CHEN), visitor(cast.PRIYA)
    chen.sees_heading("Members of Acme")
    chen.checked()
    priya.open("/orgs/acme/members")
    priya.reads("3 active members")
    priya.sees_in_row("Priya Shah", "Admin", "Active now")
    priya.checked()
    priya.press("Change role of Chen Wei")
    priya.sees_heading("Change the role of Chen Wei")
    expect(priya.dialog).to_have_count(1 if javascript else 0)
    priya.checked()
    priya.choose("Role", "Manager")
    priya.press("Change the role")
    priya.is_told("Chen Wei is now a manager and has to sign in again.")
    expect(priya.dialog).to_have_count(0)
    priya.keeps_focus()
    priya.sees_in_row("Chen Wei", "Manager")
    priya.checked()
    chen.page.reload()
    chen.sees_heading("Sign in")
    chen.sign_in(cast.CHEN)
    chen.open("/orgs/acme/invitations")
    chen.sees_heading("Invitations")


@both_ways
def test_deactivating_an_admin_decides_about_their_invitations_and_can_be_undone(
    visitor, mailed_link, marco_is_an_admin, javascript
):
    link = mailed_link()
    marco, priya = visitor(cast.MARCO), visitor(cast.PRIYA)
    priya.open("/orgs/acme/members")
    priya.press_in_menu("More for Marco Rossi", "Deactivate Marco Rossi")
    priya.sees_heading("Deactivate Marco Rossi?")
    priya.reads("marco@acme.example is signed out everywhere at once")
    expect(priya.field("Revoke them: the links stop working at once")).to_be_checked()
    priya.checked()
    priya.press("Keep this member")
    expect(priya.dialog).to_have_count(0)
    priya.keeps_focus()
    priya.sees_in_row("Marco Rossi", "Admin")
    priya.press_in_menu("More for Marco Rossi", "Deactivate Marco Rossi")
    priya.field("Take them over: the links keep working, in your name").check()
    priya.press("Deactivate")
    priya.is_told("Marco Rossi is deactivated and signed out everywhere.")
    expect(priya.dialog).to_have_count(0)
    priya.keeps_focus()
    priya.reads("2 active members")
    expect(priya.row("Marco Rossi")).to_have_count(0)
    priya.checked()
    marco.page.reload()
    marco.sees_heading("Sign in")
    bo = visitor()
    bo.open(link)
    bo.reads("Priya Shah invites you to join Acme")
    priya.press("Deactivated")
    priya.sees_in_row("Marco Rossi", "Deactivated")
    priya.checked()
    priya.press("Reactivate Marco Rossi")
    priya.is_told("Marco Rossi is active again as an admin.")
    priya.keeps_focus()
    priya.reads("Nobody is deactivated.")
    priya.checked()
    marco.sign_in(cast.MARCO)
    marco.sees_heading("Invitations")


@both_ways
def test_signing_out_everywhere_asks_first(visitor, javascript):
    chen, priya = visitor(cast.CHEN), visitor(cast.PRIYA)
    priya.open("/orgs/acme/members")
    priya.press_in_menu("More for Chen Wei", "Sign out everywhere for Chen Wei")
    priya.sees_heading("Sign Chen Wei out everywhere?")
    expect(priya.dialog).to_have_count(1 if javascript else 0)
    priya.checked()
    priya.press("Sign out everywhere")
    priya.is_told("Chen Wei is signed out everywhere.")
    expect(priya.dialog).to_have_count(0)
    chen.page.reload()
    chen.sees_heading("Sign in")


@both_ways
def test_what_would_be_refused_is_said_at_once(visitor, site, javascript):
    priya = visitor(cast.PRIYA, at="/orgs/acme/members")
    priya.press("Change role of Priya Shah")
    priya.sees_heading("This role cannot be changed now")
    priya.reads("Priya Shah is the last active admin here. Make somebody else an admin first.")
    expect(priya.dialog).to_have_count(1 if javascript else 0)
    priya.checked()
    priya.press("Back to the members")
    priya.sees_heading("Members of Acme")
    priya.keeps_focus()


@both_ways
def test_no_row_scrolls_sideways_with_the_longest_address(visitor, app, site):
    with app.app_context():
        cast.invited(f"{'m' * 64}@{'.'.join(['departments-of-the-university'] * 5)}.example.org")
    priya = visitor(cast.PRIYA, at="/orgs/acme/members")
    priya.reads("Invited, not joined yet")
    priya.checked()


@both_ways
def test_an_admin_who_steps_back_lands_on_the_sign_in_page(visitor, marco_is_an_admin):
    marco = visitor(cast.MARCO, at="/orgs/acme/members")
    marco.press("Change role of Marco Rossi")
    marco.reads("your 1 pending invitation is revoked")
    marco.choose("Role", "Contributor")
    marco.press("Change the role")
    marco.sees_heading("Sign in")
    marco.is_told("Marco Rossi is now a contributor")
    marco.checked()


@both_ways
def test_members_and_guests_are_found_by_name_or_address(visitor, bo_is_invited):
    priya = visitor(cast.PRIYA, at="/orgs/acme/members")
    priya.reads("Invited, not joined yet")
    priya.fill("Search by name or email", "chen")
    priya.press("Search")
    expect(priya.row("Priya Shah")).to_have_count(0)
    priya.sees_in_row("Chen Wei", "chen@acme.example")
    priya.keeps_focus()
    expect(priya.field("Search by name or email")).to_have_value("chen")
    priya.checked()
    priya.fill("Search by name or email", "nobody of that name")
    priya.press("Search")
    priya.reads("No active member matches “nobody of that name”.")
    priya.checked()
    priya.press("Show all active members")
    priya.sees_in_row("Priya Shah", "Admin")
    priya.press("Resend the invitation to bo@example.org")
    priya.is_told("A new link was sent to bo@example.org.")
    priya.sees_heading("Members of Acme")
    priya.keeps_focus()
    priya.checked()
