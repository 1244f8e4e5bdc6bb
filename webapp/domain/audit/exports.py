"""The trail as a file: CSV for spreadsheets, JSON Lines for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any

from webapp.db import transaction
from webapp.domain import events, spreadsheets
from webapp.domain.audit import event_table
from webapp.domain.audit.filters import EventFilters
from webapp.domain.events import Actor, Operator, sentences
from webapp.domain.organizations import permissions
from webapp.models import Event, Organization, User

COLUMNS = (
    *("id", "at", "name", "sentence", "actor", "actor_id", "actor_name", "person_id", "email"),
    *("invitation_id", "request_id", "data"),
)
TYPES = {"csv": "text/csv", "jsonl": "application/jsonl"}


@transaction()
def take(
    organization: Organization, form: str, filters: EventFilters, *, by: Actor
) -> Iterator[str]:
    """The matching events, oldest first, piece by piece in constant memory; on record.

    `form` is "csv" (RFC 4180) or "jsonl"; times are RFC 3339 in UTC. The last event is this one.
    """
    permissions.require(organization, by, "audit:read")
    user_id = None if isinstance(by, Operator) else by.id
    events.record(
        organization, "DataExported", by=by, user_id=user_id, what="a copy of the audit trail"
    )
    return FORMS[form](organization.id, filters)


def facts(event: Event, actor: User | None) -> dict[str, Any]:
    """An event as programs read it, in English."""
    return {
        "id": event.id,
        "at": event.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "name": event.name,
        "sentence": sentences.in_english(event, actor),
        "actor": event.actor,
        "actor_id": event.actor_id,
        "actor_name": actor.full_name if actor else None,
        "person_id": event.person_id,
        "email": event.told.get("email") or event.email_key,
        "invitation_id": event.invitation_id,
        "request_id": event.request_id,
        "data": event.told,
    }


def _csv(organization_id: int, filters: EventFilters) -> Iterator[str]:
    yield from spreadsheets.lines([COLUMNS])
    rows = (
        [fact if name != "data" else json.dumps(fact) for name, fact in facts(*row).items()]
        for row in event_table.everything(organization_id, filters)
    )
    for piece in spreadsheets.lines(rows):
        yield piece.removeprefix("\ufeff")


def _jsonl(organization_id: int, filters: EventFilters) -> Iterator[str]:
    for row in event_table.everything(organization_id, filters):
        yield json.dumps(facts(*row), ensure_ascii=False) + "\n"


FORMS: dict[str, Callable[[int, EventFilters], Iterator[str]]] = {"csv": _csv, "jsonl": _jsonl}
