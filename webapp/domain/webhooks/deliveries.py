"""What was sent to a webhook: looking at it, sending it once more, forgetting it in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

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
from webapp.models import Organization, WebhookAttempt, WebhookDelivery, WebhookEndpoint

SIZE = 25
TRIES_SHOWN = 20
KEPT = timedelta(days=30)
BATCH = 1000


Tried = tuple[WebhookDelivery, WebhookAttempt | None]  # with its last try


def page(endpoint: WebhookEndpoint, *, before: int = 0) -> Page[Tried]:
    """What was sent to the webhook, or waits, newest first: the page before that id."""
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
    rows: list[Tried] = [(one, attempt) for one, attempt in db.session.execute(query)]
    return pagination.by_id(rows, before, SIZE, lambda row: row[0].id)


def find(endpoint: WebhookEndpoint, delivery_id: int) -> WebhookDelivery:
    """The webhook's delivery of that id; raises NotFound."""
    found = db.session.scalar(
        select(WebhookDelivery)
        .options(joinedload(WebhookDelivery.event))
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.endpoint_id == endpoint.id)
    )
    if found is None:
        raise tenant.unknown(WebhookDelivery)
    return found


def tries(delivery: WebhookDelivery) -> Sequence[WebhookAttempt]:
    """Its newest tries, newest first."""
    its = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery.id)
    return db.session.scalars(its.order_by(WebhookAttempt.number.desc()).limit(TRIES_SHOWN)).all()


@transaction()
def replay(
    organization: Organization, endpoint_id: int, delivery_id: int, *, by: Actor
) -> WebhookDelivery:
    """Send it once more as soon as can be, with the same id; what waits for its next try, too."""
    organizations.lock(organization)
    permissions.require(organization, by, "settings:write")
    found = db.session.scalar(
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
    if found is None:
        raise tenant.unknown(WebhookDelivery)
    endpoint = db.session.get_one(WebhookEndpoint, endpoint_id, populate_existing=True)
    if not endpoint.is_on:
        raise Refusal("This webhook is off. Switch it on first.")
    found.state, found.attempts, found.settled_at = "waiting", 0, None
    found.due_at = clock.now()
    queue.enqueue(SEND)
    events.record(
        organization,
        "WebhookReplayed",
        by=by,
        webhook_id=endpoint.id,
        host=endpoint.host,
        name=found.event.name,
    )
    return found


@upkeep.forgets
def forget() -> int:
    """Drop deliveries of more than 30 days ago with their tries, batch by batch; returns how many.

    Those that still wait as well: their webhook has been off for as long.
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
