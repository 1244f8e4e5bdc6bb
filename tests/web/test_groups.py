"""Groups on pages: their list, one of them, and choosing them for those who are invited."""

from __future__ import annotations

from io import BytesIO

import pytest

from tests import cast
from webapp.db import db
from webapp.domain import groups, invitations
from webapp.domain.groups import members
from webapp.domain.imports import runs
from webapp.domain.invitations import acceptances
from webapp.domain.members import ends
from webapp.models import BulkImport, Event, GroupMember, Invitation

GROUPS = "/orgs/acme/groups"
INVITE = "/orgs/acme/invitations"
BULK = f"{INVITE}/bulk"
NEW = {"full_name": "Bo Lind", "password": "seven bars and a half"}


@pytest.fixture
def priya(browser):
    return browser(cast.PRIYA)


@pytest.fixture
def two(app):
    """Drivers and the night shift."""
    with app.app_context():
        cast.group()
        cast.group("night", "Night shift")


def carried(app, email="bo@example.org"):
    """The slugs of the newest invitation's groups."""
    with app.app_context():
        return [group.slug for group in cast.invitation(email).groups]


def names(app):
    """The names of all events, newest first."""
    with app.app_context():
        return [name for (name,) in db.session.query(Event.name).order_by(Event.id.desc())]


def test_an_admin_creates_a_group_and_puts_somebody_in(priya, app):
    priya.open(GROUPS)
    assert "No groups yet." in priya.page.words
    priya.send(GROUPS, name="Field staff", slug="field-staff", description="Out there")
    assert priya.page.heading == "Field staff"
    assert "Nobody is in this group yet." in priya.page.words
    assert "No open invitation gives this group." in priya.page.words
    priya.send(f"{GROUPS}/field-staff/members", email=cast.CHEN)
    assert "Chen Wei is in “Field staff”." in priya.page.messages
    assert "1 member." in priya.page.words
    priya.send(f"/field-staff/members/{member_id(app)}/remove")
    assert "Chen Wei is no longer in “Field staff”." in priya.page.messages
    assert names(app)[:2] == ["GroupMemberRemoved", "GroupMemberAdded"]


def member_id(app, email=cast.CHEN):
    with app.app_context():
        return cast.member(email).id


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(priya, two):
    priya.open(GROUPS)
    priya.send(GROUPS, name="", slug="drivers", description="Kept")
    assert priya.status == 422
    assert priya.page.problems == [
        "Enter the group’s name.",
        "Another group already uses this short name. Choose a different one.",
    ]
    assert priya.page.form(GROUPS).fields["description"] == "Kept"
    priya.send(GROUPS, name="X\x00", slug="No Slug")
    assert priya.status == 422


def test_an_address_of_nobody_here_is_refused_beside_the_field(priya, two):
    for typed, said in (
        ("nobody@example.org", "nobody@example.org is not a member. Invite them first."),
        (cast.EVE, "eve@evil.example is not a member. Invite them first."),
        ("nonsense", "This is not a complete email address."),
        ("", "Enter an email address"),
    ):
        priya.open(f"{GROUPS}/drivers")
        priya.send(f"{GROUPS}/drivers/members", email=typed)
        assert priya.status == 422
        assert priya.page.problems[0].startswith(said), typed
        assert priya.page.heading == "Drivers"


def test_deleting_says_first_how_many_it_touches(priya, two, app):
    with app.app_context():
        acme, by = cast.organization(), cast.person()
        members.add(acme, "night", cast.member().id, by=by)
        for n in range(2):
            cast.invited(f"p{n}@example.org", groups=["night"])
        invitations.revoke(acme, cast.invited("gone@example.org", groups=["night"]).id, by=by)
    priya.open(f"{GROUPS}/night/delete")
    assert "1 member is taken out of it" in priya.page.words
    assert "2 open invitations stay valid" in priya.page.words
    priya.send(f"{GROUPS}/night/delete")
    assert "The group “Night shift” was deleted." in priya.page.messages
    assert priya.open(f"{GROUPS}/night").status == 404
    with app.app_context():
        assert db.session.query(GroupMember).count() == 0
        token = cast.mailed_token(cast.invitation("p0@example.org"))
        acceptances.accept(token, **NEW)
        number = cast.invitation("p0@example.org").id
    priya.open(f"{INVITE}/{number}")
    assert "Night shift (deleted)" in priya.page.words
    assert "These groups were deleted before: Night shift." in priya.page.words


def test_members_read_and_only_admins_write(browser, two, app):
    with app.app_context():
        members.add(cast.organization(), "drivers", cast.member().id, by=cast.person())
        cast.invited(groups=["drivers"])
    for email, sees_invitations in ((cast.CHEN, False), (cast.MARCO, True)):
        somebody = browser(email)
        assert "Drivers" in somebody.open(GROUPS).page.words
        assert "Create a group" not in somebody.page.words
        assert ("Open invitations" in somebody.page.words) == sees_invitations
        assert "Chen Wei" in somebody.open(f"{GROUPS}/drivers").page.words
        assert ("bo@example.org" in somebody.page.words) == sees_invitations
        assert not [form for form in somebody.page.forms() if "/groups" in (form.action or "")]


def test_a_foreign_group_is_as_unknown_as_none(browser, priya, two, app):
    with app.app_context():
        cast.group("theirs", "Theirs", slug="evil")
        eves = cast.member(cast.EVE, "evil").id
    for address in (f"{GROUPS}/theirs", f"{GROUPS}/nobodys", f"{GROUPS}/theirs/edit"):
        assert priya.open(address).status == 404
    priya.open(f"{GROUPS}/drivers")
    fields = priya.page.form(f"{GROUPS}/drivers/members").fields
    for address in (f"{GROUPS}/drivers/members/{eves}/remove", f"/orgs/acme/members/{eves}/groups"):
        assert priya.post(address, {**fields, "groups": "drivers"}).status == 404
    assert browser(cast.EVE).open(f"{GROUPS}/drivers").status == 404


def test_groups_are_chosen_in_the_invite_form_with_the_default_ones_ticked(priya, two, app):
    with app.app_context():
        groups.change(cast.organization(), "drivers", by=cast.person(), is_default=True)
    priya.open(f"{INVITE}/new")
    assert 'value="drivers" id="groups-drivers" checked' in priya.page.html
    assert 'value="night" id="groups-night">' in priya.page.html
    priya.send(INVITE, email="bo@example.org", groups=["", "night"])
    assert carried(app) == ["night"]
    priya.open(f"{INVITE}/new")
    priya.send(INVITE, email="cy@example.org", groups=[""])
    assert carried(app, "cy@example.org") == []
    priya.open(f"{INVITE}/new")
    fields = priya.page.form(INVITE).fields
    del fields["groups"]  # a form that did not ask
    priya.post(INVITE, {**fields, "email": "di@example.org"})
    assert carried(app, "di@example.org") == ["drivers"]


def test_several_people_get_the_groups_that_were_chosen(priya, two, app):
    priya.open(f"{INVITE}/new")
    priya.send(INVITE, email="bo@example.org, cy@example.org", groups=["", "night", "drivers"])
    assert carried(app) == carried(app, "cy@example.org") == ["drivers", "night"]


def test_a_group_that_was_deleted_meanwhile_is_said_at_the_field(priya, two, app):
    priya.open(f"{INVITE}/new")
    with app.app_context():
        groups.delete(cast.organization(), "night", by=cast.person())
    priya.send(INVITE, email="bo@example.org", groups=["", "night", "drivers"])
    assert priya.status == 422
    assert priya.page.problems == ["There is no group “night” here. Choose another, or create it."]
    assert 'value="drivers" id="groups-drivers" checked' in priya.page.html
    for typed in ("x" * 5000, "no such", "\x00", "__"):
        priya.send(INVITE, email="bo@example.org", groups=["", typed])
        assert priya.status == 422


def test_more_than_twenty_groups_are_refused(priya, app):
    with app.app_context():
        for number in range(21):
            cast.group(f"g{number:02}")
    priya.open(f"{INVITE}/new")
    priya.send(INVITE, email="bo@example.org", groups=[f"g{n:02}" for n in range(21)])
    assert priya.page.problems == ["An invitation can give at most 20 groups. Choose fewer."]


def test_the_groups_of_an_open_invitation_are_changed_without_a_mail(priya, two, app, smtp):
    with app.app_context():
        number = cast.invited(groups=["drivers"], send=False).id
    edit = f"{INVITE}/{number}/edit"
    priya.open(edit)
    assert 'value="drivers" id="groups-drivers" checked' in priya.page.html
    priya.send(edit, groups=["", "night"])
    assert carried(app) == ["night"]
    assert "Priya Shah changed the groups of the invitation for bo@example.org." in priya.page.words
    priya.open(edit)
    priya.send(edit, groups=[""])
    assert carried(app) == []
    assert smtp.messages == []


def test_two_who_edit_the_groups_are_told_of_each_other(priya, browser, two, app):
    with app.app_context():
        edit = f"{INVITE}/{cast.invited(groups=['drivers']).id}/edit"
    other = browser(cast.PRIYA)
    priya.open(edit)
    other.open(edit)
    other.send(edit, groups=["", "night"])
    priya.send(edit, groups=["", "drivers", "night"])
    assert priya.status == 422
    assert "You had not seen that yet, so nothing of yours was saved." in priya.page.problems[0]
    assert carried(app) == ["night"]
    priya.send(edit, groups=["", "drivers", "night"])
    assert carried(app) == ["drivers", "night"]


def test_inviting_a_member_offers_to_add_the_groups_instead(priya, two, app):
    give = f"/orgs/acme/members/{member_id(app)}/groups"
    priya.open(f"{INVITE}/new")
    priya.send(INVITE, email=cast.CHEN, groups=["", "drivers", "night"])
    assert priya.status == 422
    assert "chen@acme.example is already a member." in priya.page.problems
    assert "Add them to Drivers, Night shift instead" in priya.page.words
    fields = {**priya.page.form(give).fields, "groups": ["drivers", "night"]}
    priya.post(give, fields)
    assert "Chen Wei is now in “Drivers”, “Night shift”." in priya.page.messages
    priya.open(f"{INVITE}/new")
    priya.send(INVITE, email=cast.CHEN, groups=["", "drivers"])
    priya.send(give)
    assert "Chen Wei is in these groups already." in priya.page.messages
    assert names(app).count("GroupMemberAdded") == 2


def test_members_among_several_people_are_added_to_the_groups_instead(priya, two, app):
    chen, marco = member_id(app), member_id(app, cast.MARCO)
    people = f"new@example.org {cast.CHEN} {cast.MARCO}"
    priya.open(f"{INVITE}/new")
    priya.send(INVITE, email=people, groups=["", "drivers"])
    assert priya.status == 422
    assert priya.page.words.count("Add them to the groups chosen below instead") == 2
    priya.send(INVITE, groups=["", "drivers"], give=[str(chen)])
    assert priya.status == 422  # nothing was chosen for Marco
    assert "new@example.org" not in invited_addresses(app)
    priya.send(INVITE, groups=["", "drivers"], give=[str(chen), str(marco)])
    assert "Invitation sent to new@example.org." in priya.page.messages
    assert "2 members were added to the groups." in priya.page.messages
    assert names(app).count("GroupMemberAdded") == 2
    # Without a group there is nothing to add them to; all of them may be members.
    priya.open(f"{INVITE}/new")
    both = f"{cast.CHEN}, {cast.MARCO}"
    priya.send(INVITE, email=both, groups=[""], give=[str(chen), str(marco)])
    assert priya.status == 422
    priya.send(INVITE, email=both, groups=["", "night"], give=[str(chen), str(marco), "x"])
    assert priya.page.messages.strip() == "2 members were added to the groups."


def invited_addresses(app):
    with app.app_context():
        return [row.email for row in db.session.query(Invitation)]


def test_without_a_chosen_group_nothing_is_offered_for_a_member(priya, two):
    priya.open(f"{INVITE}/new")
    priya.send(INVITE, email=cast.CHEN, groups=[""])
    assert "instead" not in " ".join(
        button for form in priya.page.forms() for button in form.buttons
    )


def test_invitations_are_filtered_by_group(priya, two, app):
    with app.app_context():
        cast.invited("in@example.org", groups=["drivers"])
        cast.invited("out@example.org", groups=["night"])
        acme, by = cast.organization(), cast.person()
        invitations.revoke(acme, cast.invited("old@example.org", groups=["drivers"]).id, by=by)
    for query, found in (
        ("group=drivers", {"in@example.org", "old@example.org"}),
        ("group=drivers&status=pending", {"in@example.org"}),
        ("group=drivers&sort=email", {"in@example.org", "old@example.org"}),
        ("group=drivers&q=old", {"old@example.org"}),
        ("group=drivers&sort=created", {"in@example.org", "old@example.org"}),
        ("group=nobodys", set()),
        ("group=%00", set()),
        (f"group={'x' * 500}", set()),
    ):
        priya.open(f"{INVITE}?{query}")
        assert priya.status == 200
        shown = {mail for mail in ("in", "out", "old") if f"{mail}@example.org" in priya.page.words}
        assert {f"{mail}@example.org" for mail in shown} == found, query
    priya.open(f"{INVITE}?group=drivers")
    assert priya.page.form(f"{INVITE}/selected").fields["group"] == "drivers"
    priya.open(f"{INVITE}/selected?do=revoke&all=1&group=drivers")
    assert "in@example.org" in priya.page.words
    assert "out@example.org" not in priya.page.words
    priya.open(f"{INVITE}/selected?do=revoke&all=1&group=nobodys")
    assert "@example.org" not in priya.page.words


def test_pages_of_a_groups_invitations_follow_each_other(priya, two, app):
    with app.app_context():
        for number in range(120):
            cast.invited(
                f"p{number:03}@example.org", groups=["drivers"] if number % 2 else ["night"]
            )
    priya.open(f"{INVITE}?group=drivers")
    assert "1 to 50 of 60" in priya.page.words
    seen = priya.page.words
    priya.open(priya.page.links()["Next"])
    assert "51 to 60 of 60" in priya.page.words
    assert "p001@example.org" in priya.page.words
    assert "p119@example.org" in seen
    assert "p118@example.org" not in seen


def test_members_are_filtered_by_group(priya, browser, two, app):
    with app.app_context():
        members.add(cast.organization(), "drivers", cast.member().id, by=cast.person())
    priya.open("/orgs/acme/members?group=drivers")
    assert "Chen Wei" in priya.page.words
    assert "Marco Rossi" not in priya.page.words
    assert "1 of them is in this group." in priya.page.words
    priya.open("/orgs/acme/members?group=night")
    assert "Nobody here is in this group." in priya.page.words
    priya.open("/orgs/acme/members?group=%00&q=chen")
    assert "Chen Wei" not in priya.page.words
    assert "Chen Wei" in browser(cast.CHEN).open("/orgs/acme/members?group=drivers").page.words


def test_reports_are_counted_for_a_group(priya, two, app):
    with app.app_context():
        cast.invited("in@example.org", groups=["drivers"])
        cast.invited("out@example.org", groups=["night"])
    priya.open("/orgs/acme/reports?group=drivers")
    assert "Only invitations that give the group Drivers." in priya.page.words
    assert "The one invitation made from" in priya.page.words
    csv = priya.client.get("/orgs/acme/reports/invitations.csv?group=drivers").text
    assert ",All invitations," in csv
    assert "total" in csv
    assert csv.splitlines()[1].split(",")[6] == "1"
    assert "Nobody was invited" in priya.open("/orgs/acme/reports?group=nobodys").page.words


def test_a_report_has_a_table_by_group(priya, two, app):
    assert "By group" not in priya.open("/orgs/acme/reports").page.words
    with app.app_context():
        cast.invited("in@example.org", groups=["drivers", "night"])
    words = priya.open("/orgs/acme/reports").page.words
    assert "By group" in words
    assert "an invitation with several groups counts in each of them" in words
    csv = priya.client.get("/orgs/acme/reports/invitations.csv").text
    lines = [line.split(",")[:3] for line in csv.splitlines()]
    assert ["group", "night", "Night shift"] in lines


def test_a_list_names_groups_by_slug_or_name_and_says_which_it_does_not_know(priya, two, app):
    text = (
        "email,groups\n"
        "a@example.org,drivers\n"
        "b@example.org,Night Shift | DRIVERS\n"
        "c@example.org,\n"
        "d@example.org,nigth\n"
    )
    priya.open(BULK)
    priya.send(BULK, emails=text, groups=["", "night"])
    assert "Unknown group" in priya.page.words
    assert "There is no group “nigth” here." in priya.page.words
    with app.app_context():
        (number,) = [row.id for row in db.session.query(BulkImport)]
    priya.send(f"{BULK}/{number}/start")
    with app.app_context():
        runs.run_due()
    assert carried(app, "a@example.org") == ["drivers"]
    assert carried(app, "b@example.org") == ["drivers", "night"]
    assert carried(app, "c@example.org") == ["night"]
    with app.app_context():
        assert db.session.query(Invitation).filter_by(email="d@example.org").count() == 0
    missing = priya.client.get(f"{BULK}/{number}/not-sent.csv").text
    assert "d@example.org,,,,nigth,,5," in missing


def test_a_column_of_groups_can_be_left_out(priya, two, app):
    file = (BytesIO(b"email,groups\nbo@example.org,Volleyball\n"), "people.csv")
    priya.open(BULK)
    priya.send(BULK, file=file, groups=[""])
    assert "There is no group “Volleyball” here." in priya.page.words
    path = priya.at.response.request.path
    priya.send(f"{path}/columns", groups="")
    assert "Unknown group" not in priya.page.words


def test_groups_for_one_of_several_are_refused_in_the_small_form(priya, two):
    priya.open(f"{INVITE}/new")
    priya.send(INVITE, email="email,groups\na@example.org,drivers\nb@example.org,night")
    assert priya.status == 422
    assert "Groups for individual people cannot be chosen here." in priya.page.problems[0]


def test_a_default_group_that_is_gone_when_a_list_is_sent_blocks_nobody(priya, two, app):
    priya.open(BULK)
    priya.send(BULK, emails="a@example.org", groups=["", "night", "drivers"])
    with app.app_context():
        groups.delete(cast.organization(), "night", by=cast.person())
        (number,) = [row.id for row in db.session.query(BulkImport)]
    priya.send(f"{BULK}/{number}/start")
    with app.app_context():
        runs.run_due()
    assert carried(app, "a@example.org") == ["drivers"]


def test_somebody_is_invited_from_a_groups_page(priya, two):
    priya.open(f"{INVITE}/new?group=night")
    assert 'value="night" id="groups-night" checked' in priya.page.html
    priya.open(f"{INVITE}/new?group=%00")
    assert priya.status == 200


def test_the_page_of_a_group_marks_who_has_no_access_any_more(browser, app):
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        cast.group()
        members.add(acme, "drivers", cast.member().id, by=priya)
        ends.end_now(acme, cast.member().id, by=priya)
    page = browser(cast.PRIYA).open("/orgs/acme/groups/drivers").page
    assert "Chen Wei Ended" in page.words
