"""Deliveries to a webhook: listing them, sending one again, and deleting old ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import joinedload

from webapp import clock, queue
from webapp.db import db, transaction
from webapp.domain import events, organizations, pagination, tenant, upkeep
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.events.listeners import SEND
from webapp.domain.organizations import permissions
from webapp.domain.pagination import Page
from webapp.languages import gettext
from webapp.models import Organization, WebhookAttempt, WebhookDelivery, WebhookEndpoint

SIZE = 25
TRIES_SHOWN = 20
KEPT = timedelta(days=30)
BATCH = 1000


Tried = tuple[WebhookDelivery, WebhookAttempt | None]  # with its last attempt


def page(endpoint: WebhookEndpoint, *, before: int = 0) -> Page[Tried]:
    """The webhook's deliveries, sent or waiting, newest first: the page before that id."""
    last = (
        select(func.max(WebhookAttempt.number))
        .where(WebhookAttempt.delivery_id == WebhookDelivery.id)
        .correlate(WebhookDelivery)
        .scalar_subquery()
    )
    query = (
        select(WebhookDelivery, WebhookAttempt)
        .outerjoin(
            WebhookAttempt,
            (WebhookAttempt.delivery_id == WebhookDelivery.id) & (WebhookAttempt.number == last),
        )
        .options(joinedload(WebhookDelivery.event))
        .where(WebhookDelivery.endpoint_id == endpoint.id)
        .order_by(WebhookDelivery.id.desc())
        .limit(SIZE + 1)
    )
    if before:
        query = query.where(WebhookDelivery.id < before)
    rows: list[Tried] = [(delivery, attempt) for delivery, attempt in db.session.execute(query)]
    return pagination.by_id(rows, before, SIZE, lambda row: row[0].id)


def find(endpoint: WebhookEndpoint, delivery_id: int) -> WebhookDelivery:
    """The webhook's delivery of that id; raises NotFound."""
    delivery = db.session.scalar(
        select(WebhookDelivery)
        .options(joinedload(WebhookDelivery.event))
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.endpoint_id == endpoint.id)
    )
    if delivery is None:
        raise tenant.unknown(WebhookDelivery)
    return delivery


def tries(delivery: WebhookDelivery) -> Sequence[WebhookAttempt]:
    """Its newest attempts, newest first."""
    query = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery.id)
    return db.session.scalars(query.order_by(WebhookAttempt.number.desc()).limit(TRIES_SHOWN)).all()


@transaction()
def replay(
    organization: Organization, endpoint_id: int, delivery_id: int, *, by: Actor
) -> WebhookDelivery:
    """Send it again at once, with the same id; also a delivery that waits for its next attempt."""
    organizations.lock(organization)
    permissions.require(organization, by, "settings:write")
    endpoint, delivery = _lock(organization, endpoint_id, delivery_id)
    if not endpoint.is_on:
        raise Refusal(gettext("This webhook is off. Turn it on first."))
    delivery.state, delivery.attempts, delivery.settled_at = "waiting", 0, None
    delivery.due_at = clock.now()
    queue.enqueue(SEND)
    facts: dict[str, Any] = {"webhook_id": endpoint.id, "host": endpoint.host}
    events.record(organization, "WebhookReplayed", by=by, name=delivery.event.name, **facts)
    return delivery


def _lock(
    organization: Organization, endpoint_id: int, delivery_id: int
) -> tuple[WebhookEndpoint, WebhookDelivery]:
    """The webhook as it is now, and its delivery, locked; raises NotFound."""
    delivery = db.session.scalar(
        select(WebhookDelivery)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(
            WebhookDelivery.id == delivery_id,
            WebhookEndpoint.id == endpoint_id,
            WebhookEndpoint.organization_id == organization.id,
        )
        .with_for_update(of=WebhookDelivery)
        .execution_options(populate_existing=True)
    )
    if delivery is None:
        raise tenant.unknown(WebhookDelivery)
    endpoint = db.session.get_one(WebhookEndpoint, endpoint_id, populate_existing=True)
    return endpoint, delivery


@upkeep.forgets
def forget() -> int:
    """Delete deliveries older than 30 days with their attempts, in batches; returns how many.

    Waiting ones as well: their webhook has been off that long.
    """
    total = 0
    while count := _forget_batch():
        total += count
    return total


@transaction()
def _forget_batch() -> int:
    old = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.created_at < clock.now() - KEPT)
        .order_by(WebhookDelivery.created_at)
        .limit(BATCH)
    )
    gone = delete(WebhookDelivery).where(WebhookDelivery.id.in_(old))
    return int(db.session.execute(gone).rowcount)  # type: ignore[attr-defined]
