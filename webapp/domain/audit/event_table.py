"""The trail of an organization: filtered, newest first, page by page.

Every page is found from the last row of the one before, by an index for each filter. A person may
be in several columns: each is queried by its own index, and the results are merged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, or_, select, true, tuple_

from webapp.db import db
from webapp.domain import cursors, events, pagination
from webapp.domain.accounts import people
from webapp.domain.audit.filters import EventFilters
from webapp.domain.pagination import Page
from webapp.models import Event, Membership, Organization, User

SIZE = 50
BATCH = 1000
PEOPLE_MOST = 200
KINDS = (cursors.moment, cursors.number)
_NAME = re.compile(r"[A-Za-z]{1,40}")

Place = tuple[datetime, int]
Row = tuple[Event, User | None]  # with the actor


def named(organization: Organization, name: str | None) -> str | None:
    """The name, if events can be filtered by it: declared, or recorded by a later version."""
    if not name or name in events.EVENTS:
        return name or None
    if not _NAME.fullmatch(name):
        return None
    with_name = select(Event.id).where(Event.organization_id == organization.id, Event.name == name)
    return name if db.session.scalar(with_name.limit(1)) else None


def is_place(cursor: str) -> bool:
    """Whether the text is a place in the trail."""
    return cursors.read(cursor, KINDS) is not None


def page(
    organization: Organization,
    filters: EventFilters,
    *,
    after: str | None = None,
    before: str | None = None,
    last: bool = False,
    size: int = SIZE,
) -> Page[Row]:
    """The page after or before a cursor, the last one, or the first; ignores a broken cursor."""
    if filters.wrong:
        return Page(())

    def find(start: Any, backwards: bool, limit: int) -> list[Row]:
        return _rows(organization.id, filters, start, not backwards, limit)

    asked = pagination.Asked(after, before, last, size)
    return pagination.cut(asked, KINDS, find, lambda row: _place(row[0]))


def everything(organization_id: int, filters: EventFilters) -> Iterator[Row]:
    """All rows that fit, oldest first, a batch at a time."""
    start: Place | None = None
    while True:
        rows = _rows(organization_id, filters, start, False, BATCH)
        yield from rows
        if len(rows) < BATCH:
            return
        start = _place(rows[-1][0])
        db.session.rollback()  # so that nobody waits for a slow reader
        db.session.expunge_all()


def persons(organization: Organization, chosen_id: int | None = None) -> list[User]:
    """The people to choose from: members by name, and the chosen person if they are on record.

    Others are found by their address.
    """
    chosen = and_(User.id == (chosen_id or 0), _is_on_record(organization))
    query = (
        select(User)
        .outerjoin(
            Membership,
            and_(Membership.user_id == User.id, Membership.organization_id == organization.id),
        )
        .where(or_(Membership.id.is_not(None), chosen))
        .order_by(User.full_name, User.id)
        .limit(PEOPLE_MOST)
    )
    return list(db.session.scalars(query))


def _is_on_record(organization: Organization) -> ColumnElement[bool]:
    return or_(
        *(
            select(Event.id)
            .where(Event.organization_id == organization.id, column == User.id)
            .exists()
            for column in (Event.actor_id, Event.person_id)
        )
    )


def _rows(
    organization_id: int, filters: EventFilters, start: Place | None, descending: bool, limit: int
) -> list[Row]:
    """The first rows from a place on: one query for each index, then merged."""
    order = (Event.at, Event.id)
    common = _conditions(organization_id, filters)
    if start is not None:
        edge = tuple_(*(literal(v, c.type) for v, c in zip(start, order, strict=True)))
        common.append(tuple_(*order) < edge if descending else tuple_(*order) > edge)
    alternatives, rest = _by_person(filters)
    events_by_id: dict[int, Event] = {}
    for alternative in alternatives:
        query = (
            select(Event)
            .where(*common, alternative, rest)
            .order_by(*(c.desc() if descending else c.asc() for c in order))
            .limit(limit)
        )
        events_by_id |= {event.id: event for event in db.session.scalars(query)}
    return _with_actors(sorted(events_by_id.values(), key=_place, reverse=descending)[:limit])


def _conditions(organization_id: int, filters: EventFilters) -> list[ColumnElement[bool]]:
    conditions = [Event.organization_id == organization_id]
    if filters.name:
        conditions.append(Event.name == filters.name)
    if filters.since:
        conditions.append(Event.at >= filters.since)
    if filters.until:
        conditions.append(Event.at < filters.until)
    return conditions


def _with_actors(events: list[Event]) -> list[Row]:
    ids = {event.actor_id for event in events if event.actor_id}
    users = db.session.scalars(select(User).where(User.id.in_(ids))) if ids else ()
    actors = {user.id: user for user in users}
    return [(event, actors.get(event.actor_id or 0)) for event in events]


def _by_person(filters: EventFilters) -> tuple[list[ColumnElement[bool]], ColumnElement[bool]]:
    """Alternative conditions, each with its index, and one that has to hold as well."""
    person = _involving(filters.person_id)
    if filters.email_key is None:
        return person or [true()], true()
    account = people.by_key(filters.email_key)
    address = [Event.email_key == filters.email_key, *_involving(account.id if account else None)]
    return address, or_(*person) if person else true()


def _involving(user_id: int | None) -> list[ColumnElement[bool]]:
    return [Event.actor_id == user_id, Event.person_id == user_id] if user_id else []


def _place(event: Event) -> Place:
    return (event.at, event.id)
