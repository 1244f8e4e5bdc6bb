"""Whose turn it is: a worker holds an address with a lease, and tells it one thing at a time.

Not the deliveries are held but the address: so nothing is sent twice at once, first tries go in
the order of the events, and a slow address costs one thread, never one for each of its deliveries.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, exists, func, select, text, update
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import texts
from webapp.domain.webhooks import payloads, stops
from webapp.domain.webhooks import secrets as webhook_secrets
from webapp.encryption import DecryptionError
from webapp.models import (
    Organization,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookState,
)
from webapp.models.webhook import WAITING
from webapp.outbound_http import Answer

LEASE = timedelta(seconds=60)  # far longer than one try can take
# After which a delivery is tried again: as Standard Webhooks advises, three days in all.
PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24)))
)
JITTER = 0.1  # of a pause, both ways: what failed together does not come back together
LONGEST_REST = timedelta(minutes=5)  # of the address itself
UNSIGNED = "It could not be signed: the key that sealed the secret is gone. Make a new secret."

_random = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Claim:
    """An address that a worker holds until its lease runs out."""

    endpoint_id: int
    lease: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One delivery made ready: where to, and what."""

    delivery_id: int
    url: str
    headers: dict[str, str]
    body: bytes
    refusal: str = ""


@transaction()
def claim(limit: int) -> list[Claim]:
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
    now, lease = clock.now(), secrets.token_hex(16)
    for row in rows:
        row.lease, row.due_at, row.served_at = lease, now + LEASE, now
    taken = {row.id for row in rows}
    return [Claim(one, lease) for one in chosen if one in taken]


@transaction()
def prepare(claim: Claim, agent: str) -> Letter | None:
    """The next due delivery as of now, with a fresh lease; None, and no lease, when none is."""
    endpoint = _held(claim)
    if endpoint is None:
        return None
    organization = db.session.get_one(
        Organization, endpoint.organization_id, populate_existing=True
    )
    delivery = db.session.scalar(_due(endpoint.id)) if organization.is_active else None
    if delivery is None or not endpoint.is_on:
        _let_go(endpoint)
        return None
    now = clock.now()
    endpoint.due_at = now + LEASE
    body = payloads.body(delivery.event, organization)
    try:
        signature = webhook_secrets.signatures(endpoint, delivery.message_id, now, body)
    except DecryptionError:
        return Letter(delivery.id, endpoint.url, {}, b"", refusal=UNSIGNED)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": agent,
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    return Letter(delivery.id, endpoint.url, headers, body.encode())


@transaction()
def settle(claim: Claim, letter: Letter, answer: Answer) -> bool:
    """Write down what became of one try; whether the address may be told the next thing at once.

    One whose lease was lost is left to its new holder. A failure ends the turn, and the address
    rests: 2, 4, 8 … seconds, five minutes at most, however many deliveries wait for it.
    """
    endpoint = _held(claim)
    if endpoint is None:
        return False
    delivery = db.session.get(WebhookDelivery, letter.delivery_id, with_for_update=True)
    if delivery is None:
        return True
    delivery.attempts += 1
    _note(delivery, letter, answer)
    now = clock.now()
    if answer.is_success:
        delivery.state, delivery.settled_at = "delivered", now
        endpoint.last_success_at, endpoint.failures, endpoint.failing_since = now, 0, None
        return True
    if delivery.attempts > len(PAUSES):
        delivery.state, delivery.settled_at = "failed", now
    else:
        delivery.due_at = now + pause(delivery.attempts)
    endpoint.last_failure_at = now
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    _let_go(endpoint, min(timedelta(seconds=2 ** min(endpoint.failures, 10)), LONGEST_REST))
    stops.consider(endpoint, answer.status)
    return False


@transaction()
def release(claim: Claim) -> None:
    """Give an address back."""
    db.session.execute(
        update(WebhookEndpoint)
        .where(WebhookEndpoint.id == claim.endpoint_id, WebhookEndpoint.lease == claim.lease)
        .values(lease=None, due_at=clock.now())
    )


def anything_due() -> bool:
    """Whether an address could be served now."""
    return db.session.scalar(_waiting_longest(1)) is not None


def pause(attempts: int) -> timedelta:
    """How long a delivery waits after so many tries."""
    return PAUSES[attempts - 1] * (1 + JITTER * _random.uniform(-1, 1))


def _free(query: Select[WebhookEndpoint]) -> Select[WebhookEndpoint]:
    return query.where(
        WebhookEndpoint.state == WebhookState.ON, WebhookEndpoint.due_at <= clock.now()
    )


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


def _due(endpoint_id: int) -> Select[WebhookDelivery]:
    return (
        select(WebhookDelivery)
        .options(joinedload(WebhookDelivery.event))
        .where(
            WebhookDelivery.endpoint_id == endpoint_id,
            text(WAITING),
            WebhookDelivery.due_at <= clock.now(),
        )
        .order_by(WebhookDelivery.due_at, WebhookDelivery.id)
        .limit(1)
    )


def _held(claim: Claim) -> WebhookEndpoint | None:
    return db.session.scalar(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.id == claim.endpoint_id, WebhookEndpoint.lease == claim.lease)
        .with_for_update(key_share=True)
    )


def _let_go(endpoint: WebhookEndpoint, rest: timedelta = timedelta(0)) -> None:
    endpoint.lease, endpoint.due_at = None, clock.now() + rest


def _note(delivery: WebhookDelivery, letter: Letter, answer: Answer) -> None:
    last = db.session.scalar(
        select(func.max(WebhookAttempt.number)).where(WebhookAttempt.delivery_id == delivery.id)
    )
    # Whoever echoes a secret does not get it written down here.
    said = webhook_secrets.WRITTEN.sub("whsec_…", answer.body.decode("utf-8", "replace"))
    db.session.add(
        WebhookAttempt(
            delivery_id=delivery.id,
            number=(last or 0) + 1,
            at=clock.now(),
            url=letter.url,
            status=answer.status,
            words=texts.showable(answer.words)[:300],
            answer=texts.showable(said),
            milliseconds=round(answer.seconds * 1000),
        )
    )
