"""Whose turn it is: a worker holds an address with a lease, and tells it one thing at a time.

Not the deliveries are held but the address: so nothing is sent twice at once, first tries go in
the order of the events, and a slow address costs one thread, never one for each of its deliveries.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, exists, func, select, text, update

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import leases
from webapp.domain.leases import Claim
from webapp.models import Organization, WebhookDelivery, WebhookEndpoint, WebhookState
from webapp.models.webhook import WAITING

LEASE = timedelta(seconds=60)  # far longer than one try can take


@transaction()
def take(limit: int) -> list[Claim]:
    """Hold up to `limit` addresses that have something due, turn by turn over organizations.

    Within each and among all, whoever was served longest ago comes first.
    """
    if limit < 1:
        return []
    chosen = [*db.session.scalars(_waiting_longest(limit))]
    rows = db.session.scalars(
        _free(select(WebhookEndpoint))
        .where(WebhookEndpoint.id.in_(chosen))
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    for row in rows:
        row.served_at = clock.now()
    taken = leases.take(rows, LEASE)
    return [taken[one] for one in chosen if one in taken]


def held(claim: Claim) -> WebhookEndpoint | None:
    """The claimed address, locked; None when somebody else has taken it since."""
    return db.session.scalar(
        select(WebhookEndpoint)
        .where(leases.is_mine(WebhookEndpoint, claim))
        .with_for_update(key_share=True)
    )


@transaction()
def release(claim: Claim) -> None:
    """Give an address back."""
    db.session.execute(
        update(WebhookEndpoint)
        .where(leases.is_mine(WebhookEndpoint, claim))
        .values(lease=None, due_at=clock.now())
    )


def anything_due() -> bool:
    """Whether an address could be served now."""
    return db.session.scalar(_waiting_longest(1)) is not None


def _free(query: Select[WebhookEndpoint]) -> Select[WebhookEndpoint]:
    return query.where(WebhookEndpoint.state == WebhookState.ON, leases.is_free(WebhookEndpoint))


def _waiting_longest(limit: int) -> Select[int]:
    has_due = exists().where(
        WebhookDelivery.endpoint_id == WebhookEndpoint.id,
        text(WAITING),
        WebhookDelivery.due_at <= clock.now(),
    )
    turn = func.row_number().over(
        partition_by=WebhookEndpoint.organization_id,
        order_by=(WebhookEndpoint.served_at, WebhookEndpoint.id),
    )
    due = (
        _free(select(WebhookEndpoint.id, WebhookEndpoint.served_at, turn.label("turn")))
        .join(Organization, Organization.id == WebhookEndpoint.organization_id)
        .where(Organization.is_active, has_due)
        .subquery()
    )
    return select(due.c.id).order_by(due.c.turn, due.c.served_at, due.c.id).limit(limit)
