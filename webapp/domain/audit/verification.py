"""Whether the trail of events is as it was written; lists what is not, up to a number."""

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

MOST = 200  # findings that are listed; others are only counted
FOREIGN = "This event is in no line of the chain: it was added by other means."


@dataclass(frozen=True, slots=True)
class TrailReport:
    """The result of checking one trail."""

    slug: str
    lines: int
    older: int  # events from before there was any chain, which cannot be checked
    end: str  # the seal of the last line, to be stored elsewhere and compared
    findings: tuple[Finding, ...]
    more: int = 0  # findings that are not listed

    @property
    def is_whole(self) -> bool:
        """Whether every line is there as it was written."""
        return not self.findings


def everything() -> Iterator[TrailReport]:
    """The trail of every organization by slug, then that of no organization."""
    for organization in db.session.scalars(select(Organization).order_by(Organization.slug)).all():
        yield of(organization)
    yield of(None)


def of(organization: Organization | None) -> TrailReport:
    """Check one trail up to its present end; others may write meanwhile."""
    db.session.rollback()
    chain = organization.id if organization else seals.NOBODYS
    slug = organization.slug if organization else "(no organization)"
    head = db.session.get(TrailHead, chain, populate_existing=True)
    end = (head.lines, head.seal.hex()) if head else (0, "")
    since = _beginning()
    lines = seal_checks.check(chain, head) if head else _without_end(chain)
    findings = joined(lines, _foreign(chain, since))
    listed = tuple(islice(findings, MOST))
    unlisted = sum(1 for _ in findings)
    return TrailReport(slug, end[0], _older(chain, since), end[1], listed, unlisted)


def _beginning() -> int | None:
    """The first event in any chain: every later event of any organization is in one."""
    return db.session.scalar(select(func.min(EventSeal.event_id)))


def _without_end(chain: int) -> Iterator[Finding]:
    sealed = select(EventSeal.event_id).where(EventSeal.organization_id == chain)
    if db.session.scalar(sealed.limit(1)):
        yield Finding(1, None, "The end of the chain was removed.")


def _foreign(chain: int, since: int | None) -> Iterator[Finding]:
    """Events without a seal from after the first chain began."""
    after = since
    while after is not None:
        query = _unsealed(chain).where(Event.id > after).order_by(Event.id)
        event_ids = db.session.scalars(query.limit(seal_checks.BATCH)).all()
        yield from (Finding(None, event_id, FOREIGN) for event_id in event_ids)
        after = event_ids[-1] if event_ids else None


def _older(chain: int, since: int | None) -> int:
    query = _unsealed(chain).with_only_columns(func.count())
    return db.session.scalar(query if since is None else query.where(Event.id < since)) or 0


def _unsealed(chain: int) -> Any:
    has_seal = and_(EventSeal.event_id == Event.id, EventSeal.organization_id == chain)
    in_chain = Event.organization_id == chain if chain else Event.organization_id.is_(None)
    return (
        select(Event.id)
        .outerjoin(EventSeal, has_seal)
        .where(in_chain, EventSeal.event_id.is_(None))
    )
