"""Checking a mail's subject and body; each refusal names its line."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from markdown_it.token import Token

from webapp.domain import texts
from webapp.domain.errors import Refusal, Refusals
from webapp.domain.letters import markdown, placeholders
from webapp.domain.letters.placeholders import LINK, Place

SUBJECT_MOST = 150
BODY_MOST = 10_000


# With a space inside it is not a Markdown link at all, and would be mailed as typed.
_IN_TARGET = re.compile(r"\]\([^\S\n]*(?:<[^\S\n]*)?\{\{")
_IN_BRACKETS = (
    "A placeholder cannot stand inside a link’s address. {{ link }} makes a button of its own: "
    "write it on a line of its own."
)


class Wording(NamedTuple):
    """A subject of one line and a body in Markdown, with placeholders."""

    subject: str
    body: str


def checked(kind: str, subject: str, body: str) -> Wording:
    """The wording as it is saved; raises Refusals that name the lines."""
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    refusals = _wrong_subject(kind, subject) + _wrong_body(kind, body)
    if refusals:
        raise Refusals(refusals)
    return Wording(subject.strip(), body.strip("\n").rstrip())


def _wrong_subject(kind: str, subject: str) -> list[Refusal]:
    if len(subject.strip().splitlines()) > 1:
        return [Refusal("The subject is one line. Take the line breaks out.", "subject")]
    try:
        text = texts.one_line(subject, field="subject", label="The subject", most=SUBJECT_MOST)
    except Refusal as refusal:
        return [refusal]
    if text is None:
        return [Refusal("Enter a subject.", "subject")]
    if any(place.name == LINK for place in placeholders.places(text)):
        words = "The link does not stand in the subject. Write {{ link }} in the text."
        return [Refusal(f"Line 1: {words}", "subject")]
    return placeholders.problems(kind, text, "subject")


def _wrong_body(kind: str, body: str) -> list[Refusal]:
    if not body.strip():
        return [Refusal("Enter the text of the mail.", "body")]
    if len(body) > BODY_MOST:
        words = f"The text can be at most {BODY_MOST:,} characters long. It has {len(body):,}."
        return [Refusal(f"{words} Line {body[:BODY_MOST].count(chr(10)) + 1} is too far.", "body")]
    for number, line in enumerate(body.split("\n"), 1):
        if any(texts.is_unshowable(char) for char in line if char != "\t"):
            words = "holds a character that cannot be shown. Type it again by hand."
            return [Refusal(f"Line {number} {words}", "body")]
    refusals = placeholders.problems(kind, body, "body") + _misplaced(body)
    return refusals[: placeholders.PROBLEMS_MOST] + _wrong_link(body)


def _wrong_link(body: str) -> list[Refusal]:
    lines = [place.line for place in placeholders.places(body) if place.name == LINK]
    if not lines:
        return [Refusal("{{ link }} is missing. Write it on a line of its own.", "body")]
    if len(lines) > 1:
        words = f"{{{{ link }}}} stands here again; it is on line {lines[0]} already. Take one out."
        return [Refusal(f"Line {lines[1]}: {words}", "body")]
    return []


def _misplaced(body: str) -> list[Refusal]:
    """Placeholders that would not be filled in, pictures, and links that are not allowed."""
    refusals: list[Refusal] = []
    parsed: Counter[Place] = Counter()
    for token in markdown.parse(body):
        if token.type == "inline" and token.map:
            refusals += _wrong_inline(token, token.map[0] + 1, parsed)
    typed = list(placeholders.places(body))
    lines = {number for number, line in enumerate(body.split("\n"), 1) if _IN_TARGET.search(line)}
    lines |= {typed[number].line for number in markdown.in_addresses(body)}
    refusals += [Refusal(f"Line {number}: {_IN_BRACKETS}", "body") for number in sorted(lines)]
    if len(typed) == parsed.total() or refusals:
        return refusals
    for place in typed:
        parsed[place] -= 1
        if parsed[place] < 0:
            shown = "{{ " + place.name + " }}"
            words = f"{shown} cannot stand inside a link’s address, or behind a backslash."
            refusals.append(Refusal(f"Line {place.line}: {words}", "body"))
    return refusals


def _wrong_inline(inline: Token, number: int, parsed: Counter[Place]) -> list[Refusal]:
    problems = []
    is_inside = inline.level > 1
    for token in inline.children or ():
        if token.type in ("softbreak", "hardbreak"):
            number += 1
        elif token.type == "image":
            problems.append(f"Line {number}: A mail carries no pictures. Take it out.")
        elif token.type == "link_open" and not markdown.is_allowed(str(token.attrs["href"])):
            problems.append(
                f"Line {number}: A link leads to an address that begins with https://, http:// "
                "or mailto:. Change it."
            )
        elif token.type == "placeholder":
            parsed[Place(token.content, number)] += 1
            if token.content == LINK and (is_inside or _is_in_link(inline, token)):
                problems.append(
                    f"Line {number}: {{{{ link }}}} makes a button of its own. Write it on a line "
                    "of its own, outside links, quotes and lists."
                )
    return [Refusal(problem, "body") for problem in problems]


def _is_in_link(inline: Token, placeholder: Token) -> bool:
    depth = 0
    for token in inline.children or ():
        depth += token.nesting if token.type in ("link_open", "link_close") else 0
        if token is placeholder:
            return depth > 0
    return False
