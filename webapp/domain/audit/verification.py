"""Whether the trail of events is as it was written: everything that is not, up to a number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain as joined
from itertools import islice
from typing import Any

from sqlalchemy import and_, func, select

from webapp.db import db
from webapp.domain.audit import seal_checks
from webapp.domain.audit.seal_checks import Finding
from webapp.domain.events import seals
from webapp.models import Event, EventSeal, Organization, TrailHead

MOST = 200  # findings that are named; of more, how many there are
FOREIGN = "This event is in no line of the chain: it was put in by other means."


@dataclass(frozen=True, slots=True)
class Report:
    """A trail that was looked through."""

    slug: str
    lines: int
    older: int  # events from before there was any chain, of which nothing can be said
    end: str  # the seal of the last line, to be kept elsewhere and compared
    findings: tuple[Finding, ...]
    more: int = 0  # findings that are not among these

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
    chain = organization.id if organization else seals.NOBODYS
    slug = organization.slug if organization else "(no organization)"
    head = db.session.get(TrailHead, chain, populate_existing=True)
    facts = (head.lines, head.seal.hex()) if head else (0, "")
    since = _beginning()
    lines = seal_checks.check(chain, head) if head else _without_end(chain)
    findings = joined(lines, _foreign(chain, since))
    named = tuple(islice(findings, MOST))
    more = sum(1 for _ in findings)
    return Report(slug, facts[0], _older(chain, since), facts[1], named, more)


def _beginning() -> int | None:
    """The first event in any chain: whatever came later is in one, in every organization."""
    return db.session.scalar(select(func.min(EventSeal.event_id)))


def _without_end(chain: int) -> Iterator[Finding]:
    sealed = select(EventSeal.event_id).where(EventSeal.organization_id == chain)
    if db.session.scalar(sealed.limit(1)):
        yield Finding(1, None, "The end of the chain was taken away.")


def _foreign(chain: int, since: int | None) -> Iterator[Finding]:
    """Events that nobody sealed, though there was a chain."""
    after = since
    while after is not None:
        query = _unsealed(chain).where(Event.id > after).order_by(Event.id)
        found = db.session.scalars(query.limit(seal_checks.BATCH)).all()
        yield from (Finding(None, event_id, FOREIGN) for event_id in found)
        after = found[-1] if found else None


def _older(chain: int, since: int | None) -> int:
    query = _unsealed(chain).with_only_columns(func.count())
    return db.session.scalar(query if since is None else query.where(Event.id < since)) or 0


def _unsealed(chain: int) -> Any:
    own = and_(EventSeal.event_id == Event.id, EventSeal.organization_id == chain)
    mine = Event.organization_id == chain if chain else Event.organization_id.is_(None)
    return select(Event.id).outerjoin(EventSeal, own).where(mine, EventSeal.event_id.is_(None))
