"""An event as webhooks send it: the same bytes at every attempt, never a token or a link."""

from __future__ import annotations

import json
from typing import Any

from webapp.domain.events import EVENTS
from webapp.domain.events.listeners import UNTOLD
from webapp.languages import marked
from webapp.models import Event, Organization

_GROUPS = {
    marked("Invitations"): ("Invitation", "JoinLink", "Suppression"),
    marked("Members"): ("Member", "Role", "Sessions", "Account", "Person"),
    marked("Groups"): ("Group",),
    marked("Applications"): ("Application",),
    marked("Lists"): ("Import",),
}
_REST = marked("Organization")


def groups() -> dict[str, list[str]]:
    """The events that webhooks can listen for, grouped; new events join a group by their prefix."""
    grouped: dict[str, list[str]] = {group: [] for group in (*_GROUPS, _REST)}
    for name in EVENTS:
        if name not in UNTOLD:
            group = next((g for g, prefixes in _GROUPS.items() if name.startswith(prefixes)), _REST)
            grouped[group].append(name)
    return grouped


def names() -> list[str]:
    """The names of all events that webhooks can listen for."""
    return [name for group in groups().values() for name in group]


def body(event: Event, organization: Organization) -> str:
    """The JSON that is sent, in ASCII; the only ids in it are those in our pages' addresses."""
    return json.dumps(_content(event, organization), separators=(",", ":"))


def laid_out(event: Event, organization: Organization) -> str:
    """The same, indented for people to read."""
    return json.dumps(_content(event, organization), indent=2, ensure_ascii=False)


def _content(event: Event, organization: Organization) -> dict[str, Any]:
    return {
        "type": event.name,
        "timestamp": event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {
            **event.told,
            "organization": organization.slug,
            "event_id": event.id,
            "invitation_id": event.invitation_id,
            "actor": event.actor,
            "actor_id": event.actor_id,
        },
    }
