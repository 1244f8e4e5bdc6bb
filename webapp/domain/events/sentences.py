"""An event as one plain sentence, also one that a later version of Gatehouse wrote."""

from __future__ import annotations

import json
from typing import Any

from webapp.domain import texts
from webapp.domain.events.kinds import EVENTS
from webapp.models import Event, User

# How many of what, by key: in a sentence, one is not "1 people".
COUNTED = {
    "rows": ("person", "people"),
    "sent": ("was invited", "were invited"),
    "count": ("session", "sessions"),
    "erased": ("invitation", "invitations"),
}
A_ROLE = {"admin": "an admin", "manager": "a manager", "contributor": "a contributor"}
SHORT = 60  # letters of a value that are shown of an event that is not known here


def as_a(role: str) -> str:
    """What somebody of that role is, with its article; the role itself if it is not known here."""
    return A_ROLE.get(role, f"“{role}”")


def sentence(event: Event, actor: User | None) -> str:
    """The event as one plain sentence; what was not recorded is "nothing"."""
    known = {"operator": "The operator", "invitee": "The invited person"}
    who = actor.full_name if actor else known.get(event.actor, "Gatehouse")
    kind = EVENTS.get(event.name)
    if kind is None:
        facts = ", ".join(f"{name}: {_short(value)}" for name, value in event.told.items())
        return f"{texts.in_words(event.name)} ({who}){f': {facts}' if facts else ''}."
    words: dict[str, Any] = dict.fromkeys(kind.keys, "nothing")
    words |= {name: value for name, value in event.told.items() if value is not None}
    for name in ("role", "before"):
        if isinstance(words.get(name), str):
            words[name] = A_ROLE.get(words[name], words[name])
    for name, (one, many) in COUNTED.items():
        number = words.get(name)
        if isinstance(number, int):
            words[name] = f"1 {one}" if number == 1 else f"{number:,} {many}"
    return kind.sentence.format_map(words | {"actor": who})


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"
