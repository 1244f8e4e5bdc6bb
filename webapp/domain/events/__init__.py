"""The audit trail: recording what happened, in the transaction in which it happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, insert, select

from webapp import clock, inserts, trace
from webapp.db import after_commit, db
from webapp.domain import addresses
from webapp.domain.events import callers, owner_notices, seals
from webapp.domain.events import listeners as event_listeners
from webapp.domain.events.actors import OPERATOR as OPERATOR
from webapp.domain.events.actors import Actor as Actor
from webapp.domain.events.actors import Operator as Operator
from webapp.domain.events.kinds import EVENTS as EVENTS
from webapp.models import Event, Invitation, Organization, User


def record(
    organization: Organization | int | None,
    name: str,
    /,
    *,
    by: Actor | str,
    invitation: Invitation | int | None = None,
    **data: Any,
) -> Event:
    """Add an event to the present transaction; `by` is an Actor, 'invitee' or 'system'.

    It is sealed with the transaction. Webhooks get it, and the owner of an account is mailed if it
    changes how they sign in.
    """
    row = _row(organization, name, by, invitation, data)
    event = inserts.insert(Event, row)
    seals.add(event.id, row)
    event_listeners.tell(event)
    owner_notices.tell(event)
    after_commit(partial(trace.record, name))
    return event


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be written with many others."""

    organization_id: int
    invitation_id: int | None
    data: dict[str, Any]
    email_key: str | None = None


def record_many(name: str, new_events: Sequence[NewEvent], *, by: Actor | str) -> None:
    """Add many events of this name at once; each is sealed, and webhooks get it."""
    at = clock.now()
    rows = [
        _row(
            new_event.organization_id,
            name,
            by,
            new_event.invitation_id,
            new_event.data,
            new_event.email_key,
            at,
        )
        for new_event in new_events
    ]
    if not rows:
        return
    ids = _write(rows)
    seals.add_many(zip(ids, rows, strict=True))
    after_commit(partial(trace.record, f"{name} x {len(rows)}"))
    listeners = event_listeners.of({new_event.organization_id for new_event in new_events}, name)
    if listeners:
        written = [
            (event_id, new_event.organization_id)
            for event_id, new_event in zip(ids, new_events, strict=True)
        ]
        event_listeners.tell_many(listeners, written)


def _write(rows: list[dict[str, Any]]) -> Sequence[int]:
    if db.engine.dialect.name != "sqlite":
        in_order = insert(Event).returning(Event.id, sort_by_parameter_order=True)
        return db.session.scalars(in_order, rows).all()
    # SQLite tells ids in order only row by row. It has one writer, which may number them itself.
    last = db.session.scalar(select(func.max(Event.id))) or 0
    numbered = [{"id": number, **row} for number, row in enumerate(rows, last + 1)]
    inserts.insert_many(Event.__table__, numbered)  # type: ignore[arg-type]
    return [row["id"] for row in numbered]


def of_invitation(invitation: Invitation) -> list[tuple[Event, User | None]]:
    """The invitation's events with their actors, oldest first."""
    owner = Event.organization_id == invitation.organization_id
    query = select(Event, User).outerjoin(User, User.id == Event.actor_id)
    query = query.where(owner, Event.invitation_id == invitation.id).order_by(Event.id)
    return [(event, user) for event, user in db.session.execute(query)]


def _row(
    organization: Organization | int | None,
    name: str,
    by: Actor | str,
    invitation: Invitation | int | None,
    data: dict[str, Any],
    email_key: str | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    if set(data) != EVENTS[name].keys:
        raise ValueError(f"{name} takes {sorted(EVENTS[name].keys)}, not {sorted(data)}")
    if isinstance(by, User):
        callers.confirm()
    actor = by if isinstance(by, str) else "operator" if isinstance(by, Operator) else "user"
    return {
        "organization_id": getattr(organization, "id", organization),
        "name": name,
        "at": at or clock.now(),
        "actor": actor,
        "actor_id": getattr(by, "id", None),
        "invitation_id": getattr(invitation, "id", invitation),
        "request_id": trace.current().request_id,
        "data": data,
        "person_id": data.get("user_id"),
        "email_key": email_key or _email_key(by, invitation, data.get("email")),
    }


def _email_key(
    by: Actor | str, invitation: Invitation | int | None, email: str | None
) -> str | None:
    """The key of the address that an event is about; reading an address takes time."""
    for subject in (invitation, by):
        if isinstance(subject, Invitation | User) and email in (None, subject.email):
            return subject.email_key
    return addresses.key_of(email) if email else None
