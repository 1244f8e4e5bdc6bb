"""The trail of an organization: filtered, newest first, page by page.

Every page is found from the last row of the one before, in an index for each filter. What concerns
a person stands in several columns: each is asked through its own index, and the answers merged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, or_, select, true, tuple_

from webapp.db import db
from webapp.domain import addresses, cursors, events, pagination
from webapp.domain.accounts import people
from webapp.domain.pagination import Page
from webapp.models import Event, Membership, Organization, User

SIZE = 50
BATCH = 1000
PEOPLE_MOST = 200
KINDS = (cursors.moment, cursors.number)
# How moments may be typed, and how long what was typed lasts.
_FORMS = (("%Y-%m-%d", timedelta(days=1)), ("%Y-%m-%dT%H:%M", timedelta(minutes=1)))
_NAME = re.compile(r"[A-Za-z]{1,40}")
_WHEN = "Enter a day like 2026-11-27, or a day and a time like 2026-11-27T14:05."

Place = tuple[datetime, int]
Row = tuple[Event, User | None]  # with the actor


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for, as it was typed and as it is read; `wrong` says what cannot be read."""

    name: str | None = None
    person_id: int | None = None
    email_key: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    typed: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        *,
        name: str | None = None,
        person_id: int | None = None,
        address: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Filters:
        """The filters out of an address's query; moments are UTC, and `until` is included.

        The name is taken as it is: `named` tells which ones there are.
        """
        typed = {"address": address, "since": since, "until": until}
        given = {key: text.strip()[:320] for key, text in typed.items() if text and text.strip()}
        wrong = {}
        email_key = addresses.key_of(given.get("address")) if "address" in given else None
        if "address" in given and email_key is None:
            wrong["address"] = "Enter the whole address, like name@example.org."
        ends: dict[str, tuple[datetime, datetime]] = {}
        for key in ("since", "until"):
            if key in given:
                found = _moment(given[key])
                if found is None:
                    wrong[key] = _WHEN
                else:
                    ends[key] = found
        start = ends["since"][0] if "since" in ends else None
        end = ends["until"][1] if "until" in ends else None
        if start and end and start >= end:
            wrong["until"] = "This is before the beginning. Enter a later moment."
        return cls(name or None, person_id or None, email_key, start, end, given, wrong)

    @property
    def is_narrow(self) -> bool:
        """Whether anything is asked for but all of it."""
        return bool(self.name or self.person_id or self.typed)


def named(organization: Organization, name: str | None) -> str | None:
    """The name if events can be asked for by it: it is declared, or a later version recorded it."""
    if not name or name in events.EVENTS:
        return name or None
    if not _NAME.fullmatch(name):
        return None
    its = select(Event.id).where(Event.organization_id == organization.id, Event.name == name)
    return name if db.session.scalar(its.limit(1)) else None


def is_place(cursor: str) -> bool:
    """Whether the text is a place in the trail."""
    return cursors.read(cursor, KINDS) is not None


def page(
    organization: Organization,
    filters: Filters,
    *,
    after: str | None = None,
    before: str | None = None,
    last: bool = False,
    size: int = SIZE,
) -> Page[Row]:
    """The page after or before a cursor, the last one, or the first; a broken cursor is none."""
    if filters.wrong:
        return Page(())

    def find(start: Any, backwards: bool, limit: int) -> list[Row]:
        return _found(organization.id, filters, start, not backwards, limit)

    asked = pagination.Asked(after, before, last, size)
    return pagination.cut(asked, KINDS, find, lambda row: _place(row[0]))


def everything(organization_id: int, filters: Filters) -> Iterator[Row]:
    """All rows that fit, oldest first, a batch at a time."""
    start: Place | None = None
    while True:
        rows = _found(organization_id, filters, start, False, BATCH)
        yield from rows
        if len(rows) < BATCH:
            return
        start = _place(rows[-1][0])
        db.session.rollback()  # nobody waits for a reader, however long the reading takes
        db.session.expunge_all()


def persons(organization: Organization, chosen_id: int | None = None) -> list[User]:
    """Whom one can ask for: members by name, and whoever is chosen already if they are on record.

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


def _found(
    organization_id: int, filters: Filters, start: Place | None, descending: bool, limit: int
) -> list[Row]:
    """The first rows from a place on: each way to them by its index, then merged."""
    order = (Event.at, Event.id)
    common = [Event.organization_id == organization_id]
    if filters.name:
        common.append(Event.name == filters.name)
    if filters.since:
        common.append(Event.at >= filters.since)
    if filters.until:
        common.append(Event.at < filters.until)
    if start is not None:
        edge = tuple_(*(literal(v, c.type) for v, c in zip(start, order, strict=True)))
        common.append(tuple_(*order) < edge if descending else tuple_(*order) > edge)
    ways, rest = _ways(filters)
    rows: dict[int, Event] = {}
    for way in ways:
        query = (
            select(Event)
            .where(*common, way, rest)
            .order_by(*(c.desc() if descending else c.asc() for c in order))
            .limit(limit)
        )
        rows |= {event.id: event for event in db.session.scalars(query)}
    chosen = sorted(rows.values(), key=_place, reverse=descending)[:limit]
    ids = {event.actor_id for event in chosen if event.actor_id}
    users = db.session.scalars(select(User).where(User.id.in_(ids))) if ids else ()
    actors = {user.id: user for user in users}
    return [(event, actors.get(event.actor_id or 0)) for event in chosen]


def _ways(filters: Filters) -> tuple[list[ColumnElement[bool]], ColumnElement[bool]]:
    """Conditions of which each has its index, one of them to be met; and what else is asked."""
    person = _of_person(filters.person_id)
    if filters.email_key is None:
        return person or [true()], true()
    account = people.by_key(filters.email_key)
    address = [Event.email_key == filters.email_key, *_of_person(account.id if account else None)]
    return address, or_(*person) if person else true()


def _of_person(user_id: int | None) -> list[ColumnElement[bool]]:
    return [Event.actor_id == user_id, Event.person_id == user_id] if user_id else []


def _place(event: Event) -> Place:
    return (event.at, event.id)


def _moment(text: str) -> tuple[datetime, datetime] | None:
    for form, length in _FORMS:
        try:
            start = datetime.strptime(text, form).replace(tzinfo=UTC)
            return start, start + length
        except (ValueError, OverflowError):
            continue
    return None
