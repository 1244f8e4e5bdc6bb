"""Claiming webhooks: a worker holds an address under a lease and sends one delivery at a time.

The lease is on the address, not on each delivery: so nothing is sent twice at once, first attempts
follow the order of the events, and a slow address takes up one thread only.
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

LEASE = timedelta(seconds=60)  # far longer than one attempt can take


@transaction()
def take(limit: int) -> list[Claim]:
    """Claim up to `limit` addresses with deliveries due, taking turns among organizations.

    Within each organization and overall, the address served longest ago comes first.
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
    return [taken[endpoint_id] for endpoint_id in chosen if endpoint_id in taken]


def held(claim: Claim) -> WebhookEndpoint | None:
    """The claimed address, locked; None if another worker has taken it since."""
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
    """Whether any address has a delivery due now."""
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
