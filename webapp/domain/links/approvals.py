"""Join links whose people an admin approves: an ask becomes a request, not an invitation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from webapp import clock
from webapp.db import db
from webapp.domain import addresses, events
from webapp.domain.addresses import Address
from webapp.domain.events import Actor
from webapp.domain.invitations import eligibility
from webapp.models import JoinAsk, JoinLink, Request, RequestKind, RequestState
from webapp.models.request import ASKED, BY_LINK
from webapp.upserts import upsert

TERM = timedelta(days=14)  # then a request lapses
DECLINED = "declined by an admin"  # as the event of its end says it
_AGAIN = (
    *("email", "name", "reason", "role", "join_link_id"),
    *("created_at", "lapses_at", "told_at", "recorded_at"),
)


def request(link: JoinLink, ask: JoinAsk) -> None:
    """Make a request of an ask, in the current transaction; raises Refusal where none is needed.

    One open request an address, however many links it asks by.
    """
    address = addresses.parse(ask.email)
    records = eligibility.look(link.organization, [address.key])
    eligibility.refuse(link.organization, link.author, address, records)
    row = _row(link, address)
    written = upsert(
        Request,
        row,
        on=["organization_id", "email_key"],
        on_where=text(ASKED),
        update=_AGAIN,
        where=Request.lapses_at <= row["created_at"],  # one that has lapsed, and is not marked yet
        returning=[Request.id],
    ).first()
    if written is not None:
        facts: dict[str, Any] = {"request": written.id, "kind": row["kind"], "email": address.shown}
        events.record(link.organization_id, "RequestMade", by="system", **facts)


def _row(link: JoinLink, address: Address) -> dict[str, Any]:
    now = clock.now()
    return {
        "organization_id": link.organization_id,
        "kind": RequestKind.ASK.value,
        "state": RequestState.OPEN.value,
        "email": address.shown,
        "email_key": address.key,
        "name": None,
        "reason": None,
        "role": link.role,
        "join_link_id": link.id,
        "created_at": now,
        "lapses_at": now + TERM,
        "recorded_at": now,
        "told_at": None,
    }


def decline_all(link: JoinLink, *, by: Actor) -> None:
    """Decline the open requests of a link that is revoked, with the organization held alone."""
    query = select(Request).where(text(BY_LINK), Request.join_link_id == link.id)
    for row in db.session.scalars(query.order_by(Request.id).with_for_update(of=Request)).all():
        row.state, row.ended_at = RequestState.DECLINED.value, clock.now()
        row.decided_by_id = by.id
        facts: dict[str, Any] = {"request": row.id, "kind": row.kind, "email": row.email}
        events.record(link.organization_id, "RequestDeclined", by=by, how=DECLINED, **facts)
