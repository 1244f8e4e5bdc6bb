"""Whether somebody may enter an application: every barrier, and the order they are named in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import cast
from webapp import clock
from webapp.db import db, transaction
from webapp.domain import applications
from webapp.domain.applications.entry import Barrier, what_bars
from webapp.models import Application, ApplicationGroup, GroupMember

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]


@transaction()
def wiki(**columns):
    """An application of Acme's."""
    row = Application(
        organization_id=cast.organization().id,
        slug="wiki",
        name="Wiki",
        home_url="https://wiki.acme.example/",
        host="wiki.acme.example",
        visit_minutes=480,
        created_at=clock.now(),
        **columns,
    )
    db.session.add(row)
    return row


@transaction()
def change(row, **columns):
    """The row with other columns, saved."""
    for name, value in columns.items():
        setattr(row, name, value)
    db.session.add(row)


def test_members_may_enter_and_nobody_else():
    found = wiki()
    for email in (cast.PRIYA, cast.MARCO, cast.CHEN):
        assert applications.may_enter(found, cast.person(email))
    assert what_bars(found, cast.person(cast.EVE)) is Barrier.NO_MEMBER


def test_only_members_of_its_groups_may_enter_where_it_is_not_for_everyone():
    found, chen = wiki(for_everyone=False), cast.person(cast.CHEN)
    assert what_bars(found, chen) is Barrier.NO_GROUP
    group, member = cast.group(), cast.member()
    keys = {"group_id": group.id, "organization_id": group.organization_id}

    @transaction()
    def put_in():
        db.session.add(ApplicationGroup(application_id=found.id, **keys))
        db.session.add(GroupMember(membership_id=member.id, added_at=clock.now(), **keys))

    put_in()
    assert what_bars(found, chen) is None
    assert what_bars(found, cast.person(cast.PRIYA)) is Barrier.NO_GROUP  # admins are no exception


def test_each_barrier_is_named_and_the_first_of_several():
    found, chen, member = wiki(), cast.person(cast.CHEN), cast.member()
    assert what_bars(found, chen) is None
    change(found, needs_second_factor=True)
    assert what_bars(found, chen) is Barrier.NO_SECOND_FACTOR
    change(chen, verified_at=None, confined_to_id=found.organization_id)
    assert what_bars(found, chen) is Barrier.UNVERIFIED
    change(found, for_everyone=False)
    assert what_bars(found, chen) is Barrier.NO_GROUP
    change(member, ends_at=clock.now())
    assert what_bars(found, chen) is Barrier.ENDED
    change(member, status="deactivated")
    assert what_bars(found, chen) is Barrier.DEACTIVATED
    change(found, paused_at=clock.now())
    assert what_bars(found, chen) is Barrier.PAUSED
    change(cast.organization(), suspended_at=clock.now())
    assert what_bars(found, chen) is Barrier.SUSPENDED
    change(chen, confined_to_id=cast.organization("evil").id)
    assert what_bars(found, chen) is Barrier.NO_MEMBER


def test_an_end_is_kept_to_the_second():
    found, chen = wiki(), cast.person(cast.CHEN)
    change(cast.member(), ends_at=clock.now() + timedelta(seconds=1))
    assert what_bars(found, chen) is None
    change(cast.member(), ends_at=clock.now())
    assert what_bars(found, chen) is Barrier.ENDED


def test_the_organizations_own_demand_for_a_second_factor_counts_as_well():
    found, chen = wiki(), cast.person(cast.CHEN)
    change(cast.organization(), requires_second_factor=True)
    assert what_bars(found, chen) is Barrier.NO_SECOND_FACTOR
    change(chen, totp_since=clock.now())
    assert what_bars(found, chen) is None


def test_an_unverified_account_enters_what_allows_it():
    found, chen = wiki(allows_unverified=True), cast.person(cast.CHEN)
    change(chen, verified_at=None, confined_to_id=found.organization_id)
    assert what_bars(found, chen) is None


def test_access_is_over_at_the_very_moment_of_its_end():
    found, chen = wiki(), cast.person(cast.CHEN)
    with clock.stopped():
        change(cast.member(), ends_at=clock.now())
        assert what_bars(found, chen) is Barrier.ENDED
        with clock.ahead(microseconds=-1):
            assert what_bars(found, chen) is None


def test_a_deleted_account_is_nobodys():
    found, chen = wiki(), cast.person(cast.CHEN)
    change(chen, deleted_at=clock.now())
    assert what_bars(found, chen) is Barrier.NO_MEMBER
