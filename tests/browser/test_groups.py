"""Groups in a browser: created, chosen in the form, given on joining; with scripts and without."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways
from webapp.domain.groups import members


@both_ways
def test_priya_creates_a_group_and_bo_is_in_it_once_he_joins(visitor, mailed_link, javascript):
    priya = visitor(cast.PRIYA, at="/orgs/acme/groups")
    priya.reads("No groups yet.")
    priya.checked()
    priya.fill("Name", "Field staff")
    priya.fill("Short name", "field-staff")
    priya.press("Create group")
    priya.sees_heading("Field staff")
    priya.checked()
    priya.open("/orgs/acme/invitations")
    priya.press("Invite people")
    priya.fill("Email addresses", "bo@example.org")
    priya.field("Field staff").check()
    priya.checked()
    priya.press("Send invitation")
    priya.reads("Invitation sent to bo@example.org.")
    bo = visitor()
    bo.open(mailed_link())
    bo.registers("Bo Lind")
    priya.open("/orgs/acme/groups/field-staff")
    priya.sees_in_row("Bo Lind", "bo@example.org", "Contributor")
    bo.open("/orgs/acme/groups/field-staff")
    bo.sees_in_row("Bo Lind", "bo@example.org")


@both_ways
def test_a_group_is_renamed_and_deleted_after_a_question(visitor, app, site, javascript):
    with app.app_context():
        cast.group()
        members.add(cast.organization(), "drivers", cast.member().id, by=cast.person())
    priya = visitor(cast.PRIYA, at="/orgs/acme/groups/drivers")
    priya.press("Edit group")
    priya.sees_heading("Edit the group")
    expect(priya.dialog).to_have_count(1 if javascript else 0)
    priya.checked()
    priya.fill("Name", "")
    priya.press("Save")
    expect(priya.summary).to_contain_text("Enter the group’s name.")
    priya.fill("Name", "Truck drivers")
    priya.press("Save")
    priya.sees_heading("Truck drivers")
    priya.press("Delete group")
    priya.sees_heading("Delete the group “Truck drivers”?")
    priya.reads("1 member is taken out of it")
    priya.checked()
    (priya.dialog if javascript else priya.page).get_by_role("button", name="Delete group").click()
    priya.is_told("The group “Truck drivers” was deleted.")
    priya.sees_heading("Groups")


@both_ways
def test_a_member_who_is_invited_again_is_put_into_the_group_instead(visitor, app, site):
    with app.app_context():
        cast.group()
    priya = visitor(cast.PRIYA, at="/orgs/acme/invitations/new")
    priya.fill("Email addresses", cast.CHEN)
    priya.field("Drivers").check()
    priya.press("Send invitation")
    priya.checked()
    priya.press("Add them to Drivers instead")
    priya.is_told("Chen Wei is now in “Drivers”.")
