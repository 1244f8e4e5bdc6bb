"""An organization's trail for programs: the newest first, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.db import db
from webapp.domain import cursors
from webapp.models import Event, Organization, User


@dataclass(frozen=True, slots=True)
class Page:
    """Events of one page with their actors, and the cursor of the next."""

    rows: Sequence[tuple[Event, User | None]]
    following: str | None


def is_place(cursor: str) -> bool:
    """Whether the text is a place in the trail."""
    return cursors.read(cursor, [cursors.number]) is not None


def page(
    organization: Organization,
    *,
    name: str | None = None,
    after: datetime | None = None,
    cursor: str | None = None,
    size: int = 50,
) -> Page:
    """The events of a name, or of all, that happened after a moment; a broken cursor is none."""
    query = (
        select(Event, User)
        .outerjoin(User, User.id == Event.actor_id)
        .where(Event.organization_id == organization.id)
        .order_by(Event.id.desc())
        .limit(size + 1)
    )
    place = cursors.read(cursor, [cursors.number])
    if place is not None:
        query = query.where(Event.id < place[0])
    if name is not None:
        query = query.where(Event.name == name)
    if after is not None:
        query = query.where(Event.at > after)
    rows = [(event, user) for event, user in db.session.execute(query)]
    more = len(rows) > size
    return Page(rows[:size], cursors.write([rows[size - 1][0].id]) if more else None)
