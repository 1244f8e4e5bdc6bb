"""One attempt at a delivery: preparing the request, and recording its outcome."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import leases, texts
from webapp.domain.leases import Claim
from webapp.domain.webhooks import claims, payloads, stops
from webapp.domain.webhooks import secrets as webhook_secrets
from webapp.encryption import DecryptionError
from webapp.languages import marked
from webapp.models import Organization, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from webapp.models.webhook import WAITING
from webapp.outbound_http import Answer

# The pauses between attempts, as Standard Webhooks recommends: three days in all.
PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24)))
)
JITTER = 0.1  # share of a pause, either way, so that retries do not all come at once
LONGEST_REST = timedelta(minutes=5)  # for the address itself
UNSIGNED = marked(
    "It could not be signed: the key that encrypted the secret is gone. Create a new secret."
)

_random = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Request:
    """One delivery as it is posted."""

    delivery_id: int
    url: str
    headers: dict[str, str]
    body: bytes
    refusal: str = ""


@transaction()
def prepare(claim: Claim, agent: str) -> Request | None:
    """The address's next due delivery, with a fresh lease; without one, ends the lease: None."""
    endpoint = claims.held(claim)
    if endpoint is None:
        return None
    organization = db.session.get_one(
        Organization, endpoint.organization_id, populate_existing=True
    )
    delivery = db.session.scalar(_due(endpoint.id)) if organization.is_active else None
    if delivery is None or not endpoint.is_on:
        leases.let_go(endpoint)
        return None
    leases.renew(endpoint, claims.LEASE)
    return _signed(endpoint, delivery, payloads.body(delivery.event, organization), agent)


def _signed(endpoint: WebhookEndpoint, delivery: WebhookDelivery, body: str, agent: str) -> Request:
    now = clock.now()
    try:
        signature = webhook_secrets.signatures(endpoint, delivery.message_id, now, body)
    except DecryptionError:
        return Request(delivery.id, endpoint.url, {}, b"", refusal=UNSIGNED)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": agent,
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    return Request(delivery.id, endpoint.url, headers, body.encode())


@transaction()
def settle(claim: Claim, request: Request, answer: Answer) -> bool:
    """Record the outcome of one attempt; whether the next delivery may be sent at once.

    Does nothing if another worker holds the address by now.
    """
    endpoint = claims.held(claim)
    if endpoint is None:
        return False
    delivery = db.session.get(WebhookDelivery, request.delivery_id, with_for_update=True)
    if delivery is None:
        return True
    delivery.attempts += 1
    _record_attempt(delivery, request, answer)
    if answer.is_success:
        _succeed(endpoint, delivery)
    else:
        _fail(endpoint, delivery, answer)
    return answer.is_success


def _succeed(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> None:
    now = clock.now()
    delivery.state, delivery.settled_at = "delivered", now
    endpoint.last_success_at, endpoint.failures, endpoint.failing_since = now, 0, None


def _fail(endpoint: WebhookEndpoint, delivery: WebhookDelivery, answer: Answer) -> None:
    """End the address's turn and let it rest, however many deliveries wait for it.

    The rest is 2, 4, 8 … seconds, at most five minutes.
    """
    now = clock.now()
    if delivery.attempts > len(PAUSES):
        delivery.state, delivery.settled_at = "failed", now
    else:
        delivery.due_at = now + pause(delivery.attempts)
    endpoint.last_failure_at = now
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    rest = timedelta(seconds=2 ** min(endpoint.failures, 10))
    leases.let_go(endpoint, min(rest, LONGEST_REST))
    stops.consider(endpoint, answer.status)


def pause(attempts: int) -> timedelta:
    """How long a delivery waits after so many attempts."""
    return PAUSES[attempts - 1] * (1 + JITTER * _random.uniform(-1, 1))


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


def _record_attempt(delivery: WebhookDelivery, request: Request, answer: Answer) -> None:
    last = db.session.scalar(
        select(func.max(WebhookAttempt.number)).where(WebhookAttempt.delivery_id == delivery.id)
    )
    # A server may echo the secret, which must not be stored in clear.
    body = webhook_secrets.WRITTEN.sub("whsec_…", answer.body.decode("utf-8", "replace"))
    db.session.add(
        WebhookAttempt(
            delivery_id=delivery.id,
            number=(last or 0) + 1,
            at=clock.now(),
            url=request.url,
            status=answer.status,
            words=texts.showable(answer.words)[:300],
            answer=texts.showable(body),
            milliseconds=round(answer.seconds * 1000),
        )
    )
