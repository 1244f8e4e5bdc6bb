"""An id of another organization is as unknown as none, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import ForeignKeyConstraint, inspect, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from tests import cast
from webapp.db import Base, db, transaction
from webapp.domain import tenant
from webapp.domain.errors import NotFound
from webapp.domain.groups import members
from webapp.models import (
    ApiKey,
    ApplicationGroup,
    BulkImport,
    GroupMember,
    Invitation,
    InvitationGroup,
    JoinLinkGroup,
    Membership,
    WebhookEndpoint,
)

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

MAKE = {
    ApiKey: cast.key,
    BulkImport: lambda: cast.listed("bo@example.org"),
    Invitation: cast.invited,
    Membership: cast.member,
    WebhookEndpoint: cast.webhook,
}


@pytest.mark.parametrize("lock", [None, "update", "no key update"])
@pytest.mark.parametrize("model", MAKE, ids=lambda model: model.__name__)
def test_another_organizations_id_is_as_unknown_as_none(model, lock):
    row = MAKE[model]()
    get = transaction()(tenant.get)
    assert get(cast.organization(), model, row.id, lock=lock) is row
    answers = []
    for organization, number in (("evil", row.id), ("acme", 10**9)):
        with pytest.raises(NotFound) as refused:
            get(cast.organization(organization), model, number, lock=lock)
        answers.append((refused.value.message, refused.value.status))
    assert answers[0] == answers[1]
    assert answers[0][0] == tenant.UNKNOWN[model]


def test_with_a_lock_the_row_is_read_as_it_is_now():
    row = cast.invited()

    @transaction()
    def names(lock):
        acme = cast.organization()
        before = tenant.get(acme, Invitation, row.id)
        before.name  # noqa: B018 - read before it is changed behind the session's back
        its = update(Invitation).where(Invitation.id == row.id).values(name=str(lock))
        db.session.execute(its.execution_options(synchronize_session=False))
        return tenant.get(acme, Invitation, row.id, lock=lock).name

    assert names(None) is None
    assert [names(lock) for lock in ("update", "no key update")] == ["update", "no key update"]


def test_what_is_wanted_along_with_it_comes_in_the_same_query():
    number = cast.member().id
    db.session.rollback()
    acme = cast.organization()
    found = tenant.get(acme, Membership, number, load=[Membership.user])
    assert "user" not in inspect(found).unloaded


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        ("update", "FOR UPDATE OF memberships"),
        ("no key update", "FOR NO KEY UPDATE OF memberships"),
    ],
)
def test_only_the_row_itself_is_locked(lock, words):
    query = tenant._query(Membership, (Membership.user,), lock)
    assert str(query.compile(dialect=postgresql.dialect())).endswith(words)


GROUPED = {
    ApplicationGroup: lambda: cast.application(groups=["drivers"]),
    GroupMember: lambda: members.add(
        cast.organization(), "drivers", cast.member().id, by=cast.person()
    ),
    InvitationGroup: lambda: cast.invited(groups=["drivers"]),
    JoinLinkGroup: lambda: cast.join_link(groups=["drivers"]),
}


@pytest.mark.parametrize("table", GROUPED, ids=lambda table: table.__name__)
def test_the_database_itself_refuses_a_group_of_another_organization(table):
    cast.group()
    foreign = cast.group(slug="evil")
    GROUPED[table]()
    evil = foreign.organization_id
    for change in ({"group_id": foreign.id}, {"organization_id": evil}):
        with pytest.raises(IntegrityError):
            db.session.execute(update(table).values(change))
        db.session.rollback()
    # Both at once would be a group of theirs with a member, an invitation … of ours.
    with pytest.raises(IntegrityError):
        db.session.execute(update(table).values(group_id=foreign.id, organization_id=evil))
    db.session.rollback()
    assert db.session.query(table).one().group_id != foreign.id


def test_whatever_has_groups_is_held_to_its_own_organization_by_the_database():
    grouped = {table.name for table in Base.metadata.tables.values() if "group_id" in table.columns}
    assert grouped == {table.__tablename__ for table in GROUPED}
    for name in grouped:
        keys = Base.metadata.tables[name].constraints
        held = [key.column_keys for key in keys if isinstance(key, ForeignKeyConstraint)]
        assert len(held) == 2
        assert all("organization_id" in columns for columns in held)
