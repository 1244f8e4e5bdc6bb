"""Lists of people that are pasted; `csv_files` reads those that are uploaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from webapp.domain import texts
from webapp.domain.errors import Refusal

BYTES_MOST = 10 * 1024 * 1024
ROWS_MOST = 50_000

_PIECE = re.compile(r'"[^"\n]*"|<[^<>\n]*>|[^\s,;<>"]+|[,;\n]')


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One person of a list, as typed; `fault` says why the line cannot be read, if it cannot."""

    number: int
    email: str
    role: str | None = None
    name: str | None = None
    message: str | None = None
    fault: str | None = None


def pasted(text: str) -> Iterator[ImportLine]:
    """The addresses in a text, split at commas, semicolons, spaces and lines; also `Name <a@b>`.

    Raises Refusal when there are too many.
    """
    for number, (email, name) in enumerate(_people(text), 1):
        refuse_many(number, "emails")
        yield ImportLine(number, email, name=name or None)


def _people(text: str) -> Iterator[tuple[str, str]]:
    words: list[str] = []
    for piece in chain(_PIECE.findall(text.replace("\r", "\n")), "\n"):
        if piece in ",;\n":
            yield from _without_brackets(words)
        elif piece[0] == "<":
            email = piece[1:-1].strip() or piece
            yield from _without_brackets([word for word in words if _is_other(word, email)])
            name = [word.strip('"') for word in words if word[0] == '"' or "@" not in word]
            yield email, "" if name == [email] else " ".join(name)
        else:
            words.append(piece)
            continue
        words = []


def _without_brackets(words: list[str]) -> Iterator[tuple[str, str]]:
    """Words with no address in brackets after them: addresses, and other words between them."""
    other: list[str] = []
    for word in words:
        if "@" not in word:
            other.append(word)
            continue
        if other:
            yield " ".join(other), ""
            other = []
        yield word.strip('"'), ""
    if other:
        yield " ".join(other), ""


def _is_other(word: str, email: str) -> bool:
    """Whether a word before `<email>` is another address; mail programs often repeat the same."""
    return "@" in word and word[0] != '"' and word.casefold() != email.casefold()


def refuse_many(count: int, field: str) -> None:
    """Raise Refusal when a list holds more people than one import may."""
    if count > ROWS_MOST:
        raise Refusal(f"At most {ROWS_MOST:,} people can be invited at once.", field)


def shown(text: str | None, most: int) -> str:
    """The typed text on one line, cut to a length that pages and both databases can hold."""
    return " ".join(texts.showable((text or "")[: 2 * most]).split())[:most]
