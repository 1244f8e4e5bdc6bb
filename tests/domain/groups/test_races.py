"""Groups that are deleted while somebody joins, invites or is added: nobody is left in one."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests import cast
from tests.domain.groups.test_groups import NEW, drivers
from tests.support.together import at_once, together
from webapp.db import db
from webapp.domain import groups, invitations
from webapp.domain.groups import choices, members
from webapp.domain.invitations import acceptances
from webapp.models import Event, Group, GroupMember, Invitation, InvitationGroup

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


def left_over():
    """How many members and new invitations are in groups that are deleted."""
    query = select(GroupMember).join(Group, Group.id == GroupMember.group_id)
    return len(db.session.scalars(query.where(Group.deleted_at.is_not(None))).all())


def test_a_group_is_deleted_while_several_accept(app):
    drivers()
    drivers("night", name="Night shift")
    tokens = [
        cast.mailed_token(cast.invited(f"p{n}@example.org", groups=["drivers", "night"]))
        for n in range(4)
    ]
    accepting = [
        lambda token=token: acceptances.accept(token, **NEW | {"full_name": "Bo"})
        for token in tokens
    ]
    deleting = [
        lambda slug=slug: groups.delete(cast.organization(), slug, by=cast.person())
        for slug in ("drivers", "night")
    ]
    assert together(app, *accepting, *deleting) == ["done"] * 6
    assert left_over() == 0
    assert db.session.query(Invitation).filter_by(state="accepted").count() == 4 + 4  # the cast's
    # Each group of each person was given or named, never forgotten.
    added = db.session.query(Event).filter_by(name="GroupMemberAdded").count()
    accepted = db.session.query(Event).filter_by(name="InvitationAccepted").all()
    skipped = sum(
        len((event.data["skipped"] or "").split(", "))
        for event in accepted
        if event.data["skipped"]
    )
    assert added + skipped == 8


def test_a_group_is_deleted_while_members_are_added_and_removed(app):
    chen, marco = cast.member().id, cast.member(cast.MARCO).id
    drivers()
    members.add(cast.organization(), "drivers", marco, by=cast.person())
    outcomes = together(
        app,
        lambda: members.add(cast.organization(), "drivers", chen, by=cast.person()),
        lambda: members.remove(cast.organization(), "drivers", marco, by=cast.person()),
        lambda: groups.delete(cast.organization(), "drivers", by=cast.person()),
    )
    assert outcomes[2] == "done"
    assert set(outcomes) <= {"done", "NotFound", "Refusal"}
    assert db.session.query(GroupMember).count() == 0


def test_a_group_is_deleted_while_people_are_invited_to_it_and_edited(app):
    drivers()
    made = cast.invited(groups=[]).id
    outcomes = together(
        app,
        lambda: cast.invited("a@example.org", groups=["drivers"]),
        lambda: invitations.edit(cast.organization(), made, by=cast.person(), groups=["drivers"]),
        lambda: groups.delete(cast.organization(), "drivers", by=cast.person()),
    )
    assert outcomes[2] == "done"
    assert set(outcomes) <= {"done", "Refusal"}
    assert db.session.query(InvitationGroup).count() == outcomes[:2].count("done")


def test_the_same_member_is_added_by_several_at_once_and_once_on_record(app):
    chen = cast.member().id
    drivers()
    added = at_once(
        app, lambda _: members.add(cast.organization(), "drivers", chen, by=cast.person()), 4
    )
    assert added == ["done"] * 4
    assert db.session.query(GroupMember).count() == 1
    assert db.session.query(Event).filter_by(name="GroupMemberAdded").count() == 1


def test_a_group_is_created_once(app):
    outcomes = at_once(app, lambda _: drivers(), 3)
    assert sorted(outcomes) == ["Refusals", "Refusals", "done"]
    assert db.session.query(Group).count() == 1


def test_the_limit_of_defaults_holds(app):
    for number in range(choices.MOST - 1):
        drivers(f"g{number:02}", is_default=True)
    for slug in ("one", "two"):
        drivers(slug)
    outcomes = together(
        app,
        lambda: groups.change(cast.organization(), "one", by=cast.person(), is_default=True),
        lambda: groups.change(cast.organization(), "two", by=cast.person(), is_default=True),
    )
    assert sorted(outcomes) == ["Refusal", "done"]
