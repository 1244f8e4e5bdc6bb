"""What an event of one name carries, and how a person reads it."""

from __future__ import annotations

from typing import NamedTuple


class Counted(NamedTuple):
    """A number among the keys, and the sentence for one and for many."""

    key: str
    one: str
    many: str


class EventKind(NamedTuple):
    """What an event of one name carries, and how a person reads it.

    `sentence` is for an event without its number, too, if there is one to count.
    """

    keys: frozenset[str]
    sentence: str
    counted: Counted | None = None


def kind(keys: str, sentence: str, counted: Counted | None = None) -> EventKind:
    """A kind with these keys, given as words with blanks between them."""
    return EventKind(frozenset(keys.split()), sentence, counted)
