"""An event as one plain sentence, also one that a later version of Gatehouse wrote."""

from __future__ import annotations

import json
from typing import Any

from webapp.domain import texts
from webapp.domain.events.kinds import EVENTS
from webapp.models import Event, User

# Nouns for counts, by key: singular and plural.
COUNTED = {
    "rows": ("person", "people"),
    "sent": ("was invited", "were invited"),
    "count": ("session", "sessions"),
    "erased": ("invitation", "invitations"),
}
A_ROLE = {"admin": "an admin", "manager": "a manager", "contributor": "a contributor"}
SHORT = 60  # characters shown of a value of an event that is unknown here


def as_a(role: str) -> str:
    """The role with its article, like “an admin”; in quotation marks if it is unknown here."""
    return A_ROLE.get(role, f"“{role}”")


def sentence(event: Event, actor: User | None) -> str:
    """The event as one plain sentence; what was not recorded is "nothing"."""
    others = {"operator": "The operator", "invitee": "The invited person"}
    actor_name = actor.full_name if actor else others.get(event.actor, "Gatehouse")
    kind = EVENTS.get(event.name)
    if kind is None:
        facts = ", ".join(f"{name}: {_short(value)}" for name, value in event.told.items())
        return f"{texts.in_words(event.name)} ({actor_name}){f': {facts}' if facts else ''}."
    values: dict[str, Any] = dict.fromkeys(kind.keys, "nothing")
    values |= {name: value for name, value in event.told.items() if value is not None}
    for name in ("role", "before"):
        if isinstance(values.get(name), str):
            values[name] = A_ROLE.get(values[name], values[name])
    for name, (singular, plural) in COUNTED.items():
        number = values.get(name)
        if isinstance(number, int):
            values[name] = f"1 {singular}" if number == 1 else f"{number:,} {plural}"
    return kind.sentence.format_map(values | {"actor": actor_name})


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"
