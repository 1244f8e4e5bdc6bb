"""Inserting rows where some may be there already, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from tests import cast
from webapp import clock
from webapp.db import db, transaction
from webapp.models import DailyCount, Invitation, Suppression
from webapp.upserts import upsert

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("in_app")]

KEY = ["day", "kind", "subject"]


def row(subject="a", count=1, at=None):
    return {"day": "2026-01-01", "kind": "test", "subject": subject, "count": count, "at": at}


@transaction()
def put(values, **conflict):
    return upsert(DailyCount, values, returning=[DailyCount.subject], **conflict).scalars().all()


def there():
    db.session.rollback()
    query = select(DailyCount).where(DailyCount.kind == "test").order_by(DailyCount.subject)
    found = db.session.scalars(query.execution_options(populate_existing=True))
    return {one.subject: (one.count, one.at) for one in found}


def test_a_row_that_is_there_stays_as_it_is():
    assert put(row(count=1)) == ["a"]
    assert put(row(count=5)) == []
    assert put(row(count=6), on=KEY) == []
    assert there() == {"a": (1, None)}


def test_columns_take_the_new_value_and_others_keep_theirs():
    now = clock.now()
    put(row(count=1))
    assert put(row(count=5, at=now), on=KEY, update=["at"]) == ["a"]
    assert there() == {"a": (1, now)}


def test_counters_grow_by_the_new_value():
    now = clock.now()
    for count in (1, 2, 3):
        put(row(count=count, at=now), on=KEY, add=["count"], update=["at"])
    assert there() == {"a": (6, now)}


def test_what_was_there_is_changed_only_where_it_is_so():
    put(row("a", 1))
    put(row("b", 2))
    some = [row("a"), row("b"), row("c")]
    changed = put(some, on=KEY, add=["count"], where=DailyCount.count < 2)
    assert set(changed) == {"a", "c"}
    assert there() == {"a": (2, None), "b": (2, None), "c": (1, None)}


def test_what_the_session_holds_is_written_first():
    @transaction()
    def both():
        db.session.add(DailyCount(**row(count=1)))
        upsert(DailyCount, row(count=4), on=KEY, add=["count"])

    both()
    assert there() == {"a": (5, None)}


def test_a_constraint_that_is_not_named_still_refuses():
    mailed = {"organization_id": cast.organization().id, "email": "x@example.com"}
    mailed |= {"email_key": "x@example.com", "reason": "bounced", "created_at": clock.now()}

    @transaction()
    def suppress(number):
        upsert(Suppression, {"id": number, **mailed}, on=["id"])

    suppress(1001)
    suppress(1001)
    with pytest.raises(IntegrityError):
        suppress(1002)


def test_a_partial_index_can_be_what_a_row_meets():
    there = cast.invited("x@example.com")
    values = {
        column.key: getattr(there, column.key)
        for column in Invitation.__table__.columns
        if column.key != "id"
    }

    @transaction()
    def again(**changed):
        made = upsert(
            Invitation,
            {**values, **changed},
            on=["organization_id", "email_key"],
            on_where=text("state = 'pending'"),
            returning=[Invitation.id],
        )
        return made.scalar()

    assert again() is None
    assert again(email_key="y@example.com") is not None
