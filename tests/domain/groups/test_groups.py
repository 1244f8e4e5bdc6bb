"""Groups: what they are called, who changes them, who is in them."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from tests import cast
from tests.support import many_invitations
from tests.support.plans import plans
from webapp.db import db, transaction
from webapp.domain import groups, invitations
from webapp.domain.errors import Forbidden, NotFound, Refusal
from webapp.domain.events import OPERATOR
from webapp.domain.groups import choices, members, table
from webapp.domain.invitations import acceptances, reinvitations
from webapp.domain.invitations import table as invitation_table
from webapp.domain.invitations.lists import invite
from webapp.domain.invitations.table import InvitationFilters
from webapp.domain.members import ends
from webapp.models import Event, GroupMember, Invitation, InvitationGroup

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

NEW = {"full_name": "Bo Lind", "password": "seven bars and a half"}


def drivers(slug="drivers", **options):
    """A group of Acme's."""
    options = {"name": "Drivers", "by": cast.person(), **options}
    return groups.create(cast.organization(), slug=slug, **options)


def slugs(row):
    """The slugs of the groups of a member or an invitation, as they are now."""
    db.session.expire(row, ["groups"])
    return [group.slug for group in row.groups]


def last_events(count=1):
    """The newest events of Acme, oldest first: names and data."""
    query = db.session.query(Event).filter_by(organization_id=cast.organization().id)
    return [(event.name, event.data) for event in query.order_by(Event.id.desc()).limit(count)][
        ::-1
    ]


def test_an_admin_creates_renames_and_deletes_a_group():
    acme, priya = cast.organization(), cast.person()
    drivers(description="  Who drive.\r\nAt night. ")
    assert last_events() == [("GroupCreated", {"group": "drivers", "name": "Drivers"})]
    assert groups.find(acme, "drivers").description == "Who drive.\nAt night."
    groups.change(acme, "drivers", by=priya, name="Truck drivers", is_default=True)
    changed = {"changed": "the name to “Truck drivers” and its default to on"}
    assert last_events() == [
        ("GroupChanged", {"group": "drivers", "name": "Drivers", **changed}),
    ]
    groups.change(acme, "drivers", by=priya, name="Truck drivers")
    assert db.session.query(Event).filter_by(name="GroupChanged").count() == 1
    groups.delete(acme, "drivers", by=priya)
    with pytest.raises(NotFound):
        groups.find(acme, "drivers")
    assert drivers().name == "Drivers"  # the slug is free again


@pytest.mark.parametrize("slug", ["", None, "a", "Drivers", "night drivers", "ä" * 3, "a" * 41])
def test_a_slug_is_checked_like_an_organizations(slug):
    with pytest.raises(Refusal) as refused:
        drivers(slug)
    assert "2 to 40 lower-case letters" in str(refused.value)


def test_a_slug_is_given_once_in_an_organization_and_again_in_another():
    drivers()
    with pytest.raises(Refusal, match="already uses this short name"):
        drivers()
    evil = cast.organization("evil")
    assert groups.create(evil, by=cast.person(cast.EVE), slug="drivers", name="X").id


def test_only_admins_change_groups():
    acme = cast.organization()
    drivers()
    for email in (cast.MARCO, cast.CHEN, cast.EVE):
        who = cast.person(email)
        for act in (
            lambda who=who: groups.create(acme, by=who, slug="more", name="More"),
            lambda who=who: groups.change(acme, "drivers", by=who, name="Other"),
            lambda who=who: groups.delete(acme, "drivers", by=who),
            lambda who=who: members.add(acme, "drivers", cast.member().id, by=who),
            lambda who=who: members.remove(acme, "drivers", cast.member().id, by=who),
        ):
            with pytest.raises(Forbidden):
                act()


def test_there_are_limits_and_each_says_what_to_do(monkeypatch):
    acme, priya = cast.organization(), cast.person()
    for number in range(choices.MOST):
        drivers(f"g{number:02}", is_default=True)
    with pytest.raises(Refusal, match="At most 20 groups can be given by default"):
        drivers("more", is_default=True)
    drivers("more")
    with pytest.raises(Refusal, match="At most 20 groups can be given by default"):
        groups.change(acme, "more", by=priya, is_default=True)
    many = [f"g{number:02}" for number in range(choices.MOST)] + ["more"]
    with pytest.raises(Refusal, match="at most 20 groups"):
        cast.invited(groups=many)
    monkeypatch.setattr(groups, "MOST", 21)
    with pytest.raises(Refusal, match="You already have 21 groups"):
        drivers("another")


def test_members_are_put_in_and_taken_out_each_once_on_record():
    acme, priya, chen = cast.organization(), cast.person(), cast.member()
    drivers()
    members.add(acme, "drivers", chen.id, by=priya)
    members.add_by_address(acme, "drivers", by=priya, email=" CHEN@acme.example ")
    assert slugs(cast.member()) == ["drivers"]
    said = {"group": "drivers", "name": "Drivers", "user_id": chen.user_id, "email": cast.CHEN}
    assert last_events(2) == [
        ("GroupCreated", {"group": "drivers", "name": "Drivers"}),
        ("GroupMemberAdded", said),
    ]
    members.remove(acme, "drivers", chen.id, by=priya)
    members.remove(acme, "drivers", chen.id, by=priya)
    assert slugs(cast.member()) == []
    assert last_events(2)[1] == ("GroupMemberRemoved", said)
    assert last_events(2)[0][0] == "GroupMemberAdded"


def test_a_member_of_another_organization_is_unknown():
    acme, priya = cast.organization(), cast.person()
    drivers()
    eve = cast.member(cast.EVE, "evil")
    with pytest.raises(NotFound):
        members.add(acme, "drivers", eve.id, by=priya)
    with pytest.raises(Refusal, match="is not a member"):
        members.add_by_address(acme, "drivers", by=priya, email=cast.EVE)


def test_accepting_puts_the_new_member_into_the_groups_of_the_invitation():
    drivers()
    drivers("night", name="Night shift")
    made = cast.invited(groups=["night", "drivers"])
    assert slugs(made) == ["drivers", "night"]
    acceptances.accept(cast.mailed_token(made), **NEW)
    member = cast.member("bo@example.org")
    assert slugs(member) == ["drivers", "night"]
    accepted, *added = last_events(3)
    assert accepted[0] == "InvitationAccepted"
    assert accepted[1]["skipped"] is None
    assert [(name, data["group"]) for name, data in added] == [
        ("GroupMemberAdded", "drivers"),
        ("GroupMemberAdded", "night"),
    ]


def test_a_group_that_is_gone_is_skipped_and_named_and_does_not_block():
    acme, priya = cast.organization(), cast.person()
    drivers()
    drivers("night", name="Night shift")
    made = cast.invited(groups=["night", "drivers"])
    touched = groups.delete(acme, "night", by=priya)
    assert (touched.members, touched.invitations) == (0, 1)
    assert slugs(made) == ["drivers"]
    drivers("night", name="Other people of the night")
    acceptances.accept(cast.mailed_token(made), **NEW)
    assert slugs(cast.member("bo@example.org")) == ["drivers"]
    accepted = db.session.query(Event).filter_by(name="InvitationAccepted", invitation_id=made.id)
    assert accepted.one().data["skipped"] == "Night shift"


def test_deleting_takes_everybody_out():
    acme, priya = cast.organization(), cast.person()
    drivers()
    for email in (cast.MARCO, cast.CHEN):
        members.add(acme, "drivers", cast.member(email).id, by=priya)
    assert table.lines(acme)[0].members == 2
    assert groups.delete(acme, "drivers", by=priya).members == 2
    assert db.session.query(GroupMember).count() == 0
    assert last_events()[0][1]["members"] == 2


def test_without_a_choice_an_invitation_carries_the_default_groups():
    drivers(is_default=True)
    drivers("night", name="Night shift")
    assert slugs(cast.invited()) == ["drivers"]
    assert slugs(cast.invited("ada@example.org", groups=[])) == []
    assert slugs(cast.invited("eve@example.org", groups=["night"])) == ["night"]


def test_an_unknown_group_and_one_of_another_organization_are_refused_alike():
    evil = cast.organization("evil")
    groups.create(evil, by=cast.person(cast.EVE), slug="theirs", name="Theirs")
    for slug in ("theirs", "nobodys"):
        with pytest.raises(Refusal, match=f"There is no group “{slug}” here"):
            cast.invited(groups=[slug])
    assert db.session.query(InvitationGroup).count() == 0


def test_groups_can_be_changed_while_the_invitation_is_open():
    acme, priya = cast.organization(), cast.person()
    drivers()
    drivers("night", name="Night shift")
    drivers("day", name="Day shift")
    made = cast.invited(groups=["drivers", "day"])
    groups.delete(acme, "day", by=priya)
    invitations.edit(acme, made.id, by=priya, groups=["night"])
    assert slugs(cast.invitation()) == ["night"]
    assert last_events() == [("InvitationEdited", {"changed": "the groups"})]
    invitations.edit(acme, made.id, by=priya, groups=["night"])
    invitations.edit(acme, made.id, by=priya, role="manager")
    assert slugs(cast.invitation()) == ["night"]
    assert last_events() == [("InvitationEdited", {"changed": "the role"})]
    acceptances.accept(cast.mailed_token(made), **NEW)
    # What it carried when its group was deleted is still told.
    accepted = db.session.query(Event).filter_by(name="InvitationAccepted", invitation_id=made.id)
    assert accepted.one().data["skipped"] == "Day shift"


def test_inviting_again_repeats_the_groups_that_are_still_there():
    acme, priya = cast.organization(), cast.person()
    drivers()
    drivers("night", name="Night shift")
    made = cast.invited(groups=["drivers", "night"])
    invitations.revoke(acme, made.id, by=priya)
    groups.delete(acme, "night", by=priya)
    again = reinvitations.invite_again(acme, made.id, by=priya)
    assert slugs(again) == ["drivers"]


def test_many_are_invited_with_their_groups():
    acme, priya = cast.organization(), cast.person()
    drivers(is_default=True)
    drivers("night", name="Night shift")
    items = [
        {"email": "a@example.org", "role": "manager"},
        {"email": "b@example.org", "role": "manager", "groups": ["night"]},
        {"email": "c@example.org", "role": "manager", "groups": []},
        {"email": "d@example.org", "role": "manager", "groups": ["nobodys"]},
    ]
    results = invite(acme, items, by=priya)
    assert [result.invitation and slugs(result.invitation) for result in results] == [
        ["drivers"],
        ["night"],
        [],
        None,
    ]
    assert results[3].refusal.field == "groups"
    assert promised() == {
        "a@example.org": "drivers",
        "b@example.org": "night",
        "c@example.org": None,
    }


def promised():
    """The groups that each invitation on record names, by address."""
    created = db.session.scalars(select(Event).where(Event.name == "InvitationCreated"))
    told = {event.told["email"]: event.told["groups"] for event in created}
    return {email: slugs for email, slugs in told.items() if email[1:] == "@example.org"}


def test_the_record_of_an_invitation_names_its_groups():
    drivers()
    drivers("night", name="Night shift")
    cast.invited("a@example.org", groups=["night", "drivers"])
    cast.invited("b@example.org", groups=[])
    assert promised() == {"a@example.org": "drivers, night", "b@example.org": None}


def test_inviting_a_member_says_who_that_is():
    with pytest.raises(Refusal) as refused:
        cast.invited(cast.CHEN)
    assert refused.value.facts == {"member": "active", "member_id": cast.member().id}


def test_several_groups_are_added_to_a_member_at_once():
    acme, priya, chen = cast.organization(), cast.person(), cast.member()
    drivers()
    drivers("night", name="Night shift")
    members.add(acme, "night", chen.id, by=priya)
    added = members.add_to(acme, chen.id, ["drivers", "night"], by=priya)
    assert [group.slug for group in added] == ["drivers"]
    with pytest.raises(Refusal, match="at least one group"):
        members.add_to(acme, chen.id, [], by=priya)


def test_the_operator_may_do_all_of_it():
    drivers(by=OPERATOR)
    assert last_events()[0][0] == "GroupCreated"


def test_who_comes_back_by_an_invitation_is_in_its_groups_and_no_others():
    acme, priya = cast.organization(), cast.person()
    for slug in ("drivers", "finance", "office"):
        cast.group(slug, slug.capitalize())
    for slug in ("drivers", "finance"):
        members.add(acme, slug, cast.member().id, by=priya)
    ends.end_now(acme, cast.member().id, by=priya)
    made = cast.invited(cast.CHEN, groups=["drivers", "office"])
    acceptances.join(cast.mailed_token(made), by=cast.person(cast.CHEN))
    assert [group.slug for group in cast.member().groups] == ["drivers", "office"]
    told = db.session.query(Event).filter_by(invitation_id=made.id).order_by(Event.id)
    changes = [(one.name, one.data["group"]) for one in told if one.name.startswith("GroupMember")]
    assert changes == [("GroupMemberRemoved", "finance"), ("GroupMemberAdded", "office")]


def test_what_no_short_name_can_be_is_an_unknown_group():
    for wrong in ("\0", "x" * 500, "Drivers"):
        with pytest.raises(Refusal, match="There is no group"):
            members.add_to(cast.organization(), cast.member().id, [wrong], by=cast.person())


@pytest.mark.parametrize("facts", [{}, {"status": "pending"}, {"sort": "created"}])
def test_the_list_of_a_group_reads_the_next_of_it_and_no_others(facts):
    acme = cast.organization()
    group = drivers()
    many_invitations.fill_open(3000)
    give_every_third(acme, group)
    if db.engine.dialect.name == "postgresql":
        for name in ("user_invitations", "invitation_groups"):
            db.session.connection().exec_driver_sql(f"ANALYZE {name}")
    filters = InvitationFilters.of(group_id=group.id, **facts)
    found = []
    asked = plans(lambda: found.extend(invitation_table.lines(acme, filters).rows))
    (plan,) = [one for one in asked if "invitation_groups" in one]
    if db.engine.dialect.name == "postgresql":
        assert "Index Scan using ix_user_invitations_page" in plan, plan
        assert plan.count("Sort Key") == 1, plan  # of the page
    else:
        assert "SEARCH invitation_groups USING COVERING INDEX" in plan, plan
        assert "SEARCH user_invitations USING INTEGER PRIMARY KEY" in plan, plan
    assert len(found) == 50


@transaction()
def give_every_third(acme, group):
    ids = db.session.scalars(select(Invitation.id).where(Invitation.email.like("gus%"))).all()
    rows = [
        {"organization_id": acme.id, "group_id": group.id, "invitation_id": number}
        for number in ids[::3]
    ]
    db.session.execute(insert(InvitationGroup), rows)
