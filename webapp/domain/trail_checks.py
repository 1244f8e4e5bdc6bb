"""Whether the trail of events is as it was written: each line held against its seal."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select

from webapp import clock
from webapp.db import db
from webapp.domain import erased_values, trail
from webapp.models import Event, EventSeal, Organization, TrailHead

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a trail, at its first broken or missing line."""

    line: int | None  # None: the event is in no line of the chain
    event_id: int | None
    words: str

    def __str__(self) -> str:
        where = [f"line {self.line}"] if self.line else []
        where += [f"event {self.event_id}"] if self.event_id else []
        return f"{', '.join(where)}: {self.words}" if where else self.words


@dataclass(frozen=True, slots=True)
class Report:
    """A trail that was looked through."""

    slug: str
    lines: int
    older: int  # events from before there was a chain, of which nothing can be said
    end: str  # the seal of the last line, to be kept elsewhere and compared
    findings: tuple[Finding, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every line is there as it was written."""
        return not self.findings


def everything() -> Iterator[Report]:
    """The trail of every organization by slug, then of what belongs to none."""
    for organization in db.session.scalars(select(Organization).order_by(Organization.slug)).all():
        yield of(organization)
    yield of(None)


def of(organization: Organization | None) -> Report:
    """One trail, up to where it ended when this began; others may write meanwhile."""
    db.session.rollback()
    chain = organization.id if organization else trail.NOBODYS
    slug = organization.slug if organization else "(no organization)"
    head = db.session.get(TrailHead, chain, populate_existing=True)
    first = _first_event(chain)
    found = [_line_by_line(chain, head), _foreign(chain, first)]
    return Report(
        slug,
        head.lines if head else 0,
        _older(chain, first),
        head.seal.hex() if head else "",
        tuple(one for one in found if one),
    )


def _line_by_line(chain: int, head: TrailHead | None) -> Finding | None:
    """The first line that is not there as it was written, if there is one."""
    if head is None:
        lost = db.session.scalar(_sealed(chain).with_only_columns(func.count()))
        return Finding(1, None, "The end of the chain was taken away.") if lost else None
    keys = [trail.opened(chain, sealed) for sealed in head.keys.split()]
    number, last, expected, at = 0, trail.BEGIN, 1, 0
    for line, event in _lines(chain, head.lines):
        if line.line != expected:
            break
        if head.broken_line == line.line:
            return Finding(line.line, None, "Before this line, the end of the chain was altered.")
        while True:
            words = _objection(chain, keys[number], last, line, event)
            if words is None or number + 1 == len(keys):
                break
            # From some line on a later key is in use; the head says which, if that is amiss.
            if _objection(chain, keys[number + 1], last, line, event) is not None:
                break
            number += 1
        if words:
            return Finding(line.line, line.event_id, words)
        last, at, expected = line.seal, line.event_id, line.line + 1
    if expected <= head.lines:
        after = f", after event {at}" if at else ""
        return Finding(expected, None, f"This line is missing{after}.")
    key = keys[-1] if keys else None
    if key is None or not hmac.compare_digest(
        trail.proof(key, chain, head.lines, head.seal, head.broken_line), head.proof
    ):
        return Finding(expected, None, "The end of the chain was altered: lines may be missing.")
    return None


def _objection(
    chain: int, key: bytes | None, last: bytes, line: EventSeal, event: Event | None
) -> str | None:
    if event is None:
        return "This event is missing: it was deleted."
    if key is None:
        return "No SECRET_KEY that is known here opens the key of this line: it cannot be checked."
    fact = {name: getattr(event, name) for name in (*trail.COLUMNS, "at", "data", "email_key")}
    made = trail.seal(key, last, chain, line.line, line.event_id, fact, line.commitment)
    altered = f"This event, {event.name} of {clock.exact(event.at)}, is not as it was written."
    if event.organization_id != (chain or None) or not hmac.compare_digest(made, line.seal):
        return altered
    if line.salt is None:
        return None if erased_values.are_all(trail.personal(fact)) else altered
    is_same = hmac.compare_digest(trail.commitment(line.salt, fact), line.commitment)
    return None if is_same else altered


def _lines(chain: int, most: int) -> Iterator[tuple[EventSeal, Event | None]]:
    after = 0
    while after < most:
        query = (
            select(EventSeal, Event)
            .outerjoin(Event, Event.id == EventSeal.event_id)
            .where(
                EventSeal.organization_id == chain,
                EventSeal.line > after,
                EventSeal.line <= most,
            )
            .order_by(EventSeal.line)
            .limit(BATCH)
            .execution_options(populate_existing=True)
        )
        rows: list[Any] = list(db.session.execute(query))
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1][0].line
        db.session.rollback()
        db.session.expunge_all()


def _foreign(chain: int, first: int | None) -> Finding | None:
    """The first event that nobody sealed, though the chain had begun."""
    if first is None:
        return None
    event_id = db.session.scalar(
        _unsealed(chain).where(Event.id > first).order_by(Event.id).limit(1)
    )
    words = "This event is in no line of the chain: it was put in by other means."
    return Finding(None, event_id, words) if event_id else None


def _older(chain: int, first: int | None) -> int:
    query = _unsealed(chain).with_only_columns(func.count())
    return db.session.scalar(query if first is None else query.where(Event.id < first)) or 0


def _first_event(chain: int) -> int | None:
    first: int | None = db.session.scalar(
        _sealed(chain).with_only_columns(func.min(EventSeal.event_id))
    )
    return first


def _sealed(chain: int) -> Any:
    return select(EventSeal.event_id).where(EventSeal.organization_id == chain)


def _unsealed(chain: int) -> Any:
    own = and_(EventSeal.event_id == Event.id, EventSeal.organization_id == chain)
    mine = Event.organization_id == chain if chain else Event.organization_id.is_(None)
    return select(Event.id).outerjoin(EventSeal, own).where(mine, EventSeal.event_id.is_(None))
