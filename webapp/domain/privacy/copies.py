"""A copy of all that is kept about a person: the same for the person and for the operator."""

from __future__ import annotations

from typing import Any

from sqlalchemy import null, select

from webapp import clock
from webapp.db import db
from webapp.domain.events import seals
from webapp.domain.privacy.parts import DataPart
from webapp.domain.privacy.people import Person
from webapp.domain.privacy.registry import PARTS
from webapp.models import Event, Group, Organization, User

SOMEBODY_ELSE = "somebody else's"

Row = dict[str, Any]
Places = dict[Any, tuple[str | None, str | None]]  # slug and name, by id


def of(person: Person, *, events_most: int | None = None) -> dict[str, Any]:
    """DataPart by part, ready for JSON; times are RFC 3339 in UTC. It holds no secret or digest.

    What events say of others is left out, and so are events beyond the newest `events_most`.
    """
    places: Places = {
        organization_id: (slug, name)
        for organization_id, slug, name in db.session.execute(
            select(Organization.id, Organization.slug, Organization.name)
        )
    }
    groups = {group.id: group.slug for group in db.session.execute(select(Group.id, Group.slug))}
    copy: dict[str, Any] = {"exported_at": clock.now().isoformat()}
    for part in PARTS:
        limit = events_most if part.model is Event else None
        rows = [_copied(part, row, person, places, groups) for row in _rows(part, person, limit)]
        copy[part.name] = rows
    copy["account"] = copy["account"][0] if copy["account"] else None
    return copy


def is_empty(copy: dict[str, Any]) -> bool:
    """Whether nothing is kept."""
    return not any(copy[part.name] for part in PARTS)


def _rows(part: DataPart, person: Person, limit: int | None) -> list[Row]:
    columns = [getattr(part.model, name) for name in part.shown.split()]
    place = part.place if part.place is not None else null()
    extra = [place.label("place")]
    if part.model is Event:
        extra.append(Event.email_key.label("whose"))
    keys = part.model.__mapper__.primary_key
    query = select(*columns, *extra).where(part.of(person)).order_by(*(key.desc() for key in keys))
    rows = [dict(row._mapping) for row in db.session.execute(query.limit(limit))]
    return rows[::-1]


def _copied(
    part: DataPart, row: Row, person: Person, places: Places, groups: dict[int, str]
) -> Row:
    place = row.pop("place") or row.get("organization_id")
    whose = row.pop("whose", None)
    row.pop("organization_id", None)
    copied = {name: v.isoformat() if hasattr(v, "isoformat") else v for name, v in row.items()}
    if "group_id" in copied:
        copied["group_id"] = groups.get(copied["group_id"])
    if part.model is Event and isinstance(copied["data"], dict) and whose not in (None, person.key):
        copied["data"] = {
            name: SOMEBODY_ELSE if name in seals.PERSONAL and value is not None else value
            for name, value in copied["data"].items()
        }
    if part.model is not User and (part.place is not None or "organization_id" in part.shown):
        copied["organization"], copied["organization_name"] = places.get(place, (None, None))
    return copied
