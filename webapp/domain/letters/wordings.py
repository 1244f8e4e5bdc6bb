"""Checking a mail's subject and body; each refusal names its line."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from markdown_it.token import Token

from webapp import formats
from webapp.domain import texts
from webapp.domain.errors import Refusal, Refusals
from webapp.domain.letters import markdown, placeholders
from webapp.domain.letters.placeholders import LINK, Place
from webapp.languages import gettext, marked

SUBJECT_MOST = 150
BODY_MOST = 10_000


# With a space inside it is not a Markdown link at all, and would be mailed as typed.
_IN_TARGET = re.compile(r"\]\([^\S\n]*(?:<[^\S\n]*)?\{\{")
_IN_BRACKETS = marked(
    "Line %(line)s: A placeholder cannot be part of a link’s address. {{ link }} becomes a button: "
    "write it on its own line."
)
_PICTURE = marked("Line %(line)s: Mail cannot contain pictures. Remove this one.")
_SCHEME = marked("Line %(line)s: A link must begin with https://, http:// or mailto:. Change it.")
_BUTTON = marked(
    "Line %(line)s: {{ link }} becomes a button. Write it on its own line, outside links, quotes "
    "and lists."
)


class Wording(NamedTuple):
    """A subject of one line and a body in Markdown, with placeholders."""

    subject: str
    body: str


def normalized(subject: str, body: str) -> Wording:
    """The wording with the line breaks that saved texts have, and nothing around it."""
    return Wording(subject.strip(), _lines(body).strip("\n").rstrip())


def checked(kind: str, subject: str, body: str) -> Wording:
    """The wording as it is saved; raises Refusals that name the lines."""
    refusals = _wrong_subject(kind, subject) + _wrong_body(kind, _lines(body))
    if refusals:
        raise Refusals(refusals)
    return normalized(subject, body)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _wrong_subject(kind: str, subject: str) -> list[Refusal]:
    if len(subject.strip().splitlines()) > 1:
        return [_wrong("subject", marked("The subject must be one line. Remove the line breaks."))]
    try:
        text = texts.one_line(
            subject, field="subject", label=gettext("The subject"), most=SUBJECT_MOST
        )
    except Refusal as refusal:
        return [refusal]
    if text is None:
        return [_wrong("subject", marked("Enter a subject."))]
    if any(place.name == LINK for place in placeholders.places(text)):
        words = marked("Line 1: The subject cannot contain the link. Write {{ link }} in the text.")
        return [_wrong("subject", words)]
    return placeholders.problems(kind, text, "subject")


def _wrong_body(kind: str, body: str) -> list[Refusal]:
    if not body.strip():
        return [_wrong("body", marked("Enter the text of the mail."))]
    if len(body) > BODY_MOST:
        words = gettext(
            "The text can have at most %(most)s characters. It has %(length)s. The limit is "
            "reached in line %(line)s.",
            most=formats.number(BODY_MOST),
            length=formats.number(len(body)),
            line=body[:BODY_MOST].count("\n") + 1,
        )
        return [Refusal(words, "body")]
    for number, line in enumerate(body.split("\n"), 1):
        if any(texts.is_unshowable(char) for char in line if char != "\t"):
            words = gettext(
                "Line %(line)s contains a character that cannot be shown. Delete it, or type the "
                "line again.",
                line=number,
            )
            return [Refusal(words, "body")]
    refusals = placeholders.problems(kind, body, "body") + _misplaced(body)
    return refusals[: placeholders.PROBLEMS_MOST] + _wrong_link(body)


def _wrong_link(body: str) -> list[Refusal]:
    lines = [place.line for place in placeholders.places(body) if place.name == LINK]
    if not lines:
        return [_wrong("body", marked("{{ link }} is missing. Write it on its own line."))]
    if len(lines) > 1:
        words = gettext(
            "Line %(line)s: {{ link }} is here again; it is already on line %(first)s. Remove one.",
            line=lines[1],
            first=lines[0],
        )
        return [Refusal(words, "body")]
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
    refusals += [_wrong("body", _IN_BRACKETS, line=number) for number in sorted(lines)]
    if len(typed) == parsed.total() or refusals:
        return refusals
    for place in typed:
        parsed[place] -= 1
        if parsed[place] < 0:
            words = gettext(
                "Line %(line)s: %(placeholder)s cannot be part of a link’s address or follow a "
                "backslash.",
                line=place.line,
                placeholder=placeholders.shown(place.name),
            )
            refusals.append(Refusal(words, "body"))
    return refusals


def _wrong_inline(inline: Token, number: int, parsed: Counter[Place]) -> list[Refusal]:
    problems: list[Refusal] = []
    is_inside = inline.level > 1
    for token in inline.children or ():
        if token.type in ("softbreak", "hardbreak"):
            number += 1
        elif token.type == "image":
            problems.append(_wrong("body", _PICTURE, line=number))
        elif token.type == "link_open" and not markdown.is_allowed(str(token.attrs["href"])):
            problems.append(_wrong("body", _SCHEME, line=number))
        elif token.type == "placeholder":
            parsed[Place(token.content, number)] += 1
            if token.content == LINK and (is_inside or _is_in_link(inline, token)):
                problems.append(_wrong("body", _BUTTON, line=number))
    return problems


def _wrong(field: str, words: str, **values: object) -> Refusal:
    return Refusal(gettext(words, **values), field)


def _is_in_link(inline: Token, placeholder: Token) -> bool:
    depth = 0
    for token in inline.children or ():
        depth += token.nesting if token.type in ("link_open", "link_close") else 0
        if token is placeholder:
            return depth > 0
    return False
