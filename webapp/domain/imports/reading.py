"""Lists of people as they are pasted; `csv_files` reads those that are uploaded."""

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
class Line:
    """One person of a list, as it was typed; `fault` says why it cannot be read, if it cannot."""

    number: int
    email: str
    role: str | None = None
    name: str | None = None
    message: str | None = None
    fault: str | None = None


def pasted(text: str) -> Iterator[Line]:
    """The addresses of a text: by commas, semicolons, spaces or lines; also `Name <a@b>`.

    Raises Refusal when there are too many.
    """
    for number, (email, name) in enumerate(_people(text), 1):
        refuse_many(number, "emails")
        yield Line(number, email, name=name or None)


def _people(text: str) -> Iterator[tuple[str, str]]:
    words: list[str] = []
    for piece in chain(_PIECE.findall(text.replace("\r", "\n")), "\n"):
        if piece in ",;\n":
            yield from _apart(words)
        elif piece[0] == "<":
            email = piece[1:-1].strip() or piece
            yield from _apart([w for w in words if _is_other(w, email)])
            own = [w.strip('"') for w in words if w[0] == '"' or "@" not in w]
            yield email, "" if own == [email] else " ".join(own)
        else:
            words.append(piece)
            continue
        words = []


def _apart(words: list[str]) -> Iterator[tuple[str, str]]:
    """Words that no address in brackets follows: addresses, and what is none between them."""
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
    """Whether a word before an address in brackets is another address: programs repeat it there."""
    return "@" in word and word[0] != '"' and word.casefold() != email.casefold()


def refuse_many(count: int, field: str) -> None:
    """Raise Refusal when a list holds more people than one import may."""
    if count > ROWS_MOST:
        raise Refusal(f"At most {ROWS_MOST:,} people can be invited at once.", field)


def shown(text: str | None, most: int) -> str:
    """What was typed, on one line and cut, as a page and both databases can hold it."""
    return " ".join(texts.showable((text or "")[: 2 * most]).split())[:most]
