"""Requests that nobody answered in 14 days; what has lapsed is asked of the clock when read."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, text

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import requests
from webapp.models import Organization, Request, RequestKind, RequestState
from webapp.models.request import OPEN

BATCH = 200


def sweep() -> int:
    """Record all that have lapsed, batch by batch; returns how many. Safe to run twice."""
    total = 0
    while count := _sweep_batch():
        total += count
    return total


@transaction()
def _sweep_batch() -> int:
    query = select(Request).where(text(OPEN), Request.lapses_at <= clock.now())
    query = query.order_by(Request.lapses_at, Request.id).limit(BATCH)
    return _end(db.session.scalars(query.with_for_update(skip_locked=True, of=Request)).all())


def end_of_address(organization: Organization, email_key: str, kind: RequestKind) -> None:
    """Record that those about an address have lapsed, so that there can be another one."""
    query = select(Request).where(
        text(OPEN),
        Request.lapses_at <= clock.now(),
        Request.organization_id == organization.id,
        Request.email_key == email_key,
        Request.kind == kind.value,
    )
    _end(db.session.scalars(query.with_for_update(of=Request)).all())


def _end(lapsed: Sequence[Request]) -> int:
    for request in lapsed:
        lapsed_at = request.lapses_at
        requests.end(request, RequestState.LAPSED, by="system", how=requests.LAPSED, at=lapsed_at)
    db.session.flush()
    return len(lapsed)
