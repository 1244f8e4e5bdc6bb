"""An event as one plain sentence, also one that a later version of Gatehouse wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from webapp import clock, formats, languages
from webapp.domain import texts
from webapp.domain.events import names, recorded
from webapp.domain.events.kind import EventKind
from webapp.domain.events.kinds import EVENTS
from webapp.languages import ENGLISH, gettext, marked, ngettext
from webapp.models import Event, User

A_ROLE = {
    "admin": marked("an admin"),
    "manager": marked("a manager"),
    "contributor": marked("a contributor"),
}
ACTORS = {"operator": marked("The operator"), "invitee": marked("The invited person")}
# With what may be said besides, where it is: by the key that holds it.
REASONED = {
    "SuppressionLifted": ("reason", marked("{actor} allowed mail to {email} again: {reason}")),
    "InvitationCreated": (
        "groups",
        marked("{actor} invited {email} to join as {role}, with the groups: {groups}."),
    ),
    "InvitationAccepted": (
        "skipped",
        marked(
            "{email} accepted and joined as {role}. These groups were deleted before: {skipped}."
        ),
    ),
}
# Without an end.
ENDLESS = {
    "MembershipEndChanged": marked("{actor} removed the end of the access of {email}."),
}
MOMENTS = ("ends_at",)  # keys of times that sentences say
NOTHING, SOMEBODY = marked("nothing"), marked("somebody")
SHORT = 60  # characters shown of a value of an event that is unknown here


class _Speech(NamedTuple):
    """How words of ours, numbers of things and recorded words are said."""

    words: Callable[[str], str]
    plural: Callable[[str, str, int], str]
    number: Callable[[int], str]
    recorded: Callable[[str], str]
    name: Callable[[str], str]
    moment: Callable[[datetime], str]


# Without looking anything up: files of the whole trail are made of it.
_ENGLISH = _Speech(
    words=str,
    plural=lambda one, many, number: one if number == 1 else many,
    number="{:,}".format,
    recorded=str,
    name=texts.in_words,
    moment=clock.exact,
)
_READERS = _Speech(gettext, ngettext, formats.number, recorded.told, names.called, formats.exact)


def as_a(role: str) -> str:
    """The role with its article, like “an admin”; in quotation marks if it is unknown here."""
    return A_ROLE.get(role, f"“{role}”")


def sentence(event: Event, actor: User | None) -> str:
    """The event as one plain sentence in the reader's language.

    What was not recorded is "nothing" in it; {whom} is the address that the event is about.
    """
    return _said(_ENGLISH if languages.current() is ENGLISH else _READERS, event, actor)


def in_english(event: Event, actor: User | None) -> str:
    """The sentence for programs, whatever the reader's language."""
    return _said(_ENGLISH, event, actor)


def _said(speech: _Speech, event: Event, actor: User | None) -> str:
    actor_name = actor.full_name if actor else speech.words(ACTORS.get(event.actor, "Gatehouse"))
    kind = EVENTS.get(event.name)
    if kind is None:
        return _unknown(speech, event, actor_name)
    told = {name: value for name, value in event.told.items() if value is not None}
    values: dict[str, Any] = {name: _shown(speech, name, value) for name, value in told.items()}
    if missing := kind.keys - told.keys():
        values |= dict.fromkeys(missing, speech.words(NOTHING))
    values["actor"] = actor_name
    values["whom"] = told.get("email") or event.email_key or speech.words(SOMEBODY)
    words, number = _words(speech, kind, told)
    key, more = REASONED.get(event.name, ("", ""))
    if told.get(key):
        words = speech.words(more)
    if event.name in ENDLESS and not told.get("ends_at"):
        words = speech.words(ENDLESS[event.name])
    return words.format_map(values | number)


def _unknown(speech: _Speech, event: Event, actor_name: str) -> str:
    """An event of a later version: its name and facts, with no words between them."""
    facts = ", ".join(f"{name}: {_short(value)}" for name, value in event.told.items())
    words = f"{speech.name(event.name)} ({actor_name})" + (f": {facts}" if facts else "")
    return f"{words}."


def _words(speech: _Speech, kind: EventKind, told: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The sentence with its placeholders, and the number in it."""
    number = told.get(kind.counted.key) if kind.counted else None
    if kind.counted is None or not isinstance(number, int):
        return speech.words(kind.sentence), {}
    words = speech.plural(kind.counted.one, kind.counted.many, number)
    return words, {kind.counted.key: speech.number(number)}


def _shown(speech: _Speech, name: str, value: object) -> object:
    """A value as it is said, if it is a word of ours."""
    if not isinstance(value, str):
        return value
    if name in ("role", "before"):
        return speech.words(A_ROLE[value]) if value in A_ROLE else value
    if name in MOMENTS:
        with suppress(ValueError):
            return speech.moment(datetime.fromisoformat(value))
    return speech.recorded(value) if name in recorded.KEYS else value


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"
