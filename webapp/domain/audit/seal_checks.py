"""Comparing each line of a chain with its seal, to the end, whatever is broken on the way."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from webapp import clock
from webapp.db import db
from webapp.domain import erased_values
from webapp.domain.events import seals
from webapp.models import Event, EventSeal, TrailHead

BATCH = 1000
NO_KEY = "No known SECRET_KEY opens the key of this line, so it cannot be checked."
NO_END = "The end of the chain was removed, and its keys with it: lines before {} are unchecked."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a trail, and where."""

    line: int | None  # None: the event is in no line of the chain
    event_id: int | None
    words: str

    def __str__(self) -> str:
        where = [f"line {self.line}"] if self.line else []
        where += [f"event {self.event_id}"] if self.event_id else []
        return f"{', '.join(where)}: {self.words}" if where else self.words


@dataclass(slots=True)
class _Reader:
    """How far the chain was read."""

    chain: int
    keys: list[bytes | None]
    broken_line: int | None
    number: int = 0  # of the key in use
    last: bytes = seals.BEGIN  # the seal of the line before
    expected: int = 1
    event_id: int = 0  # of the line before
    has_fitted: bool = False  # whether any line fits one of the keys
    is_told: bool = False  # whether a finding says that lines cannot be checked

    def read(self, line: EventSeal, event: Event | None) -> Iterator[Finding]:
        """What is wrong with the next line, and which lines are missing before it."""
        follows = line.line == self.expected
        if not follows:
            yield self.gap(line.line)
        if self.broken_line == line.line and not self.is_told:
            yield self._broken(line.line)
        words = self._objection(line, event)
        if event is not None and not (follows and self.broken_line != line.line):
            words = None  # the seal before it, from which its own was made, is unknown
        if words == NO_KEY:
            words, self.is_told = (None if self.is_told else NO_KEY), True
        if words and (event is None or words == NO_KEY or not self._is_keyless(line)):
            yield Finding(line.line, line.event_id, words)
        self.last, self.event_id, self.expected = line.seal, line.event_id, line.line + 1

    def gap(self, until: int) -> Finding:
        """The lines before `until` that are missing."""
        words = "This line is missing" + (f", after event {self.event_id}" if self.event_id else "")
        if until - self.expected > 1:
            words += f"; so are all up to line {until - 1}"
        return Finding(self.expected, None, f"{words}.")

    def _broken(self, line: int) -> Finding:
        if self.has_fitted or line == 1:
            return Finding(line, None, "Before this line, the end of the chain was altered.")
        self.is_told = True
        return Finding(1, None, NO_END.format(line))

    def _is_keyless(self, line: EventSeal) -> bool:
        # These lines' keys went with an end that was taken away: the broken line's finding says so.
        return not self.has_fitted and (self.broken_line or 0) > line.line

    def _objection(self, line: EventSeal, event: Event | None) -> str | None:
        if event is None:
            return "This event is missing: it was deleted."
        first_objection = None
        for number in range(self.number, len(self.keys)):  # keys follow one another along the chain
            words = _objection(self.chain, self.keys[number], self.last, line, event)
            if words is None:
                self.number, self.has_fitted = number, True
                return None
            first_objection = first_objection or words
        return first_objection


def check(chain: int, head: TrailHead) -> Iterator[Finding]:
    """Everything that is not as it was written, in the order of the lines."""
    keys = [seals.opened(chain, sealed) for sealed in head.keys.split()]
    reader = _Reader(chain, keys, head.broken_line)
    for line, event in _lines(chain, head.lines):
        yield from reader.read(line, event)
    if reader.expected <= head.lines:
        yield reader.gap(head.lines + 1)
    key = keys[-1] if keys else None
    proof = key and seals.proof(key, chain, head.lines, head.seal, head.broken_line)
    is_told = reader.is_told and key is None
    if not is_told and (not proof or not hmac.compare_digest(proof, head.proof)):
        words = "The end of the chain was altered: lines may be missing."
        yield Finding(max(reader.expected, head.lines + 1), None, words)


def _objection(
    chain: int, key: bytes | None, last: bytes, line: EventSeal, event: Event
) -> str | None:
    if key is None:
        return NO_KEY
    fact = {name: getattr(event, name) for name in (*seals.COLUMNS, "at", "data", "email_key")}
    expected = seals.seal(key, last, chain, line.line, line.event_id, fact, line.commitment)
    altered = f"This event, {event.name} of {clock.exact(event.at)}, is not as it was written."
    if event.organization_id != (chain or None) or not hmac.compare_digest(expected, line.seal):
        return altered
    if line.salt is None:
        return None if erased_values.are_all(seals.personal(fact)) else altered
    is_same = hmac.compare_digest(seals.commitment(line.salt, fact), line.commitment)
    return None if is_same else altered


def _lines(chain: int, last: int) -> Iterator[tuple[EventSeal, Event | None]]:
    previous = 0
    while previous < last:
        query = (
            select(EventSeal, Event)
            .outerjoin(Event, Event.id == EventSeal.event_id)
            .where(
                EventSeal.organization_id == chain,
                EventSeal.line > previous,
                EventSeal.line <= last,
            )
            .order_by(EventSeal.line)
            .limit(BATCH)
            .execution_options(populate_existing=True)
        )
        rows: list[Any] = list(db.session.execute(query))
        yield from rows
        if len(rows) < BATCH:
            return
        previous = rows[-1][0].line
        db.session.rollback()
        db.session.expunge_all()
