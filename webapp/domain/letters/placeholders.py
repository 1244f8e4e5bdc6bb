"""The small language of mail templates: placeholders for plain strings, and nothing else."""

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
EACH_AT_MOST = 20  # so that repeating a long value cannot make a huge mail
PROBLEMS_MOST = 5  # problems shown at once
PLACEHOLDER = re.compile(r"\{\{[^\S\n]*([a-z]{1,20})[^\S\n]*\}\}")
_OPENING = re.compile(r"\{\{|\{%")


@dataclass(frozen=True, slots=True)
class Place:
    """A placeholder and its line, counted from 1."""

    name: str
    line: int


def places(text: str) -> Iterator[Place]:
    """Every placeholder of the text, in order."""
    for number, line in enumerate(text.split("\n"), 1):
        for match in PLACEHOLDER.finditer(line):
            yield Place(match[1], number)


def problems(kind: str, text: str, field: str) -> list[Refusal]:
    """What looks like a placeholder but is unknown in this kind, or used too often, by line."""
    refusals: list[Refusal] = []
    counts: Counter[str] = Counter()
    for number, line in enumerate(text.split("\n"), 1):
        for opening in _OPENING.finditer(line):
            match = PLACEHOLDER.match(line, opening.start())
            if match is None or match[1] not in KINDS[kind]:
                refusals.append(_unknown(line[opening.start() :], number, field))
                continue
            name = match[1]
            counts[name] += 1
            if counts[name] == EACH_AT_MOST + 1 and name != LINK:
                words = f"{_shown(name)} can stand {EACH_AT_MOST} times at most."
                refusals.append(Refusal(f"Line {number}: {words}", field))
        if len(refusals) >= PROBLEMS_MOST:
            break
    return refusals[:PROBLEMS_MOST]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in; placeholders inside values are not."""
    return PLACEHOLDER.sub(lambda match: values.get(match[1], ""), text)


def _unknown(rest: str, number: int, field: str) -> Refusal:
    end = rest.find("%}" if rest.startswith("{%") else "}}")
    quoted = rest[: end + 2] if end >= 0 else rest
    if len(quoted) > 40:
        quoted = quoted[:40] + "…"
    words = "is not a placeholder of this mail. Take one from the list, or take it out."
    return Refusal(f"Line {number}: “{quoted}” {words}", field)


def _shown(name: str) -> str:
    return "{{ " + name + " }}"
