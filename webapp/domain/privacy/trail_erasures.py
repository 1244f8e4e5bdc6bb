"""Erasing who an event was about, the only place that changes events: docs/auditing.md.

Personal values become pseudonyms, and the salts that open the digests of the former ones in the
seals are thrown away.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, text, update

from webapp.db import db
from webapp.domain import erased_values
from webapp.domain.events import seals
from webapp.models import Event, EventSeal

BATCH = 500
_events: Any = Event.__table__
_CHANGE = (
    _events.update()
    .where(_events.c.id == bindparam("event_id"))
    .values(data=bindparam("new_data"), email_key=bindparam("new_key"))
)


def erase(which: ColumnElement[bool], pseudonyms: dict[int, str] | str) -> int:
    """Erase the personal values of events and the salts of their seals; returns how many."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT set_config('gatehouse.erasing', 'on', true)"))
    query = select(Event.id, Event.invitation_id, Event.data, Event.email_key).where(which)
    changes = [
        {
            "event_id": event_id,
            "new_data": _erased(
                data,
                pseudonym := pseudonyms
                if isinstance(pseudonyms, str)
                else pseudonyms[invitation_id],
            ),
            "new_key": None if email_key is None else pseudonym,
        }
        for event_id, invitation_id, data, email_key in db.session.execute(query)
    ]
    for start in range(0, len(changes), BATCH):
        _write(changes[start : start + BATCH])
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT set_config('gatehouse.erasing', 'off', true)"))
    return len(changes)


def _write(changes: list[dict[str, Any]]) -> None:
    db.session.connection().execute(_CHANGE, changes)
    db.session.execute(
        update(EventSeal)
        .where(EventSeal.event_id.in_([change["event_id"] for change in changes]))
        .values(salt=None)
        .execution_options(synchronize_session=False)
    )


def _erased(data: Any, pseudonym: str) -> Any:
    """The data of an event without its personal values."""
    replacements = {"email": pseudonym}
    if not isinstance(data, dict):
        return data  # it never was an event's data
    return {
        key: value
        if key not in seals.PERSONAL or value is None
        else replacements.get(key, erased_values.NOTHING)
        for key, value in data.items()
    }
