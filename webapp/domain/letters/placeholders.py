"""The small language of mail templates: placeholders for plain strings, and nothing else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from webapp.domain.errors import Refusal
from webapp.languages import gettext, marked

LINK = "link"
MEANINGS = {
    "invitee": marked("the person’s name, or their address if no name is known"),
    "organization": marked("your organization’s name"),
    "inviter": marked(
        "the name of the person who invites; your organization’s name if it is the operator"
    ),
    "role": marked("the role with its article, like “a contributor”"),
    "message": marked(
        "the personal message; a line with nothing else is left out if there is none"
    ),
    "link": marked(
        "a button with the full address below it; use it exactly once, best on its own line"
    ),
    "expires": marked("when the link stops working, with the time zone"),
    "email": marked("the address the mail is sent to"),
}
_INVITING = ("invitee", "organization", "inviter", "role", "message", "link", "expires", "email")
KINDS: dict[str, tuple[str, ...]] = {
    "invitation": _INVITING,
    "reminder": _INVITING,
    "renewal": _INVITING,
    "reset": ("invitee", "organization", "link", "expires", "email"),
    "welcome": ("invitee", "organization", "role", "link", "email"),
}
NAME_MOST = 40  # characters of a name in a subject: phones show hardly more of all of it
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
                words = gettext(
                    "Line %(line)s: Use %(placeholder)s at most %(most)s times.",
                    line=number,
                    placeholder=shown(name),
                    most=EACH_AT_MOST,
                )
                refusals.append(Refusal(words, field))
        if len(refusals) >= PROBLEMS_MOST:
            break
    return refusals[:PROBLEMS_MOST]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in; placeholders inside values are not."""
    return PLACEHOLDER.sub(lambda match: values.get(match[1], ""), text)


def shortened(values: Mapping[str, str]) -> dict[str, str]:
    """The values for a subject, with long names cut off."""
    return {
        name: f"{value[: NAME_MOST - 1].rstrip()}…"
        if name in ("invitee", "organization", "inviter", "person") and len(value) > NAME_MOST
        else value
        for name, value in values.items()
    }


def _unknown(rest: str, number: int, field: str) -> Refusal:
    end = rest.find("%}" if rest.startswith("{%") else "}}")
    quoted = rest[: end + 2] if end >= 0 else rest
    if len(quoted) > 40:
        quoted = quoted[:40] + "…"
    words = gettext(
        "Line %(line)s: “%(typed)s” is not a placeholder of this mail. Choose one from the list, "
        "or remove it.",
        line=number,
        typed=quoted,
    )
    return Refusal(words, field)


def shown(name: str) -> str:
    """The placeholder as it is written in a text."""
    return "{{ " + name + " }}"
