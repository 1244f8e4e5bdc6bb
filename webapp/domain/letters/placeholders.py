"""The small language of mail templates: named places for plain strings, and nothing else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from webapp.domain.errors import Refusal

LINK = "link"
MEANINGS = {
    "invitee": "the person’s name; where none is known, their address",
    "organization": "your organization’s name",
    "inviter": "who invites, by name; your organization’s name where the operator does",
    "role": "the role with its article, like “a contributor”",
    "message": "the personal message; a line or paragraph of it alone vanishes where there is none",
    "link": "a button, and the whole address below it; stands exactly once, best on its own line",
    "expires": "when the link ends, with the time zone",
    "email": "the address that the mail goes to",
}
_INVITING = ("invitee", "organization", "inviter", "role", "message", "link", "expires", "email")
KINDS: dict[str, tuple[str, ...]] = {
    "invitation": _INVITING,
    "reminder": _INVITING,
    "renewal": _INVITING,
    "reset": ("invitee", "organization", "link", "expires", "email"),
    "welcome": ("invitee", "organization", "role", "link", "email"),
}
EACH_AT_MOST = 20  # so that a long value repeated makes no endless mail
TOLD = 5  # problems at once
PLACEHOLDER = re.compile(r"\{\{[^\S\n]*([a-z]{1,20})[^\S\n]*\}\}")
_OPENING = re.compile(r"\{\{|\{%")


@dataclass(frozen=True, slots=True)
class Place:
    """A placeholder where it stands; lines count from 1."""

    name: str
    line: int


def places(text: str) -> Iterator[Place]:
    """Every placeholder of the text, in its order."""
    for number, line in enumerate(text.split("\n"), 1):
        for found in PLACEHOLDER.finditer(line):
            yield Place(found[1], number)


def problems(kind: str, text: str, field: str) -> list[Refusal]:
    """What looks like a placeholder of this kind's and is none, each with its line."""
    known = KINDS[kind]
    wrong = []
    seen: Counter[str] = Counter()
    for number, line in enumerate(text.split("\n"), 1):
        for opening in _OPENING.finditer(line):
            found = PLACEHOLDER.match(line, opening.start())
            if found is None or found[1] not in known:
                wrong.append(_unknown(line[opening.start() :], number, field))
                continue
            seen[found[1]] += 1
            if seen[found[1]] == EACH_AT_MOST + 1 and found[1] != LINK:
                words = f"{_shown(found[1])} can stand {EACH_AT_MOST} times at most."
                wrong.append(Refusal(f"Line {number}: {words}", field))
        if len(wrong) >= TOLD:
            break
    return wrong[:TOLD]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with each placeholder's value in its place; values are never read again."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], ""), text)


def _unknown(rest: str, number: int, field: str) -> Refusal:
    end = rest.find("%}" if rest.startswith("{%") else "}}")
    quoted = rest[: end + 2] if end >= 0 else rest
    if len(quoted) > 40:
        quoted = quoted[:40] + "…"
    words = "is not a placeholder of this mail. Take one from the list, or take it out."
    return Refusal(f"Line {number}: “{quoted}” {words}", field)


def _shown(name: str) -> str:
    return "{{ " + name + " }}"
