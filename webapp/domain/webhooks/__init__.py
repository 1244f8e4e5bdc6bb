"""Addresses that hear of an organization's events: making, changing, stopping and deleting one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import func, select

from webapp import clock, queue
from webapp.db import db, transaction
from webapp.domain import events, organizations, quotas, tenant
from webapp.domain.errors import Refusal, UsedUp
from webapp.domain.events import Actor, listeners, versions
from webapp.domain.events.listeners import SEND, TESTED
from webapp.domain.events.versions import Seen
from webapp.domain.organizations import permissions
from webapp.domain.webhooks import changes, secrets, validation
from webapp.models import Event, Organization, WebhookEndpoint, WebhookState

MOST = 10  # of one organization
TESTS_PER_DAY = 100


def everyone(organization: Organization) -> list[WebhookEndpoint]:
    """The organization's webhooks, oldest first; at most MOST."""
    mine = select(WebhookEndpoint).where(WebhookEndpoint.organization_id == organization.id)
    return list(db.session.scalars(mine.order_by(WebhookEndpoint.id)))


def find(organization: Organization, endpoint_id: int) -> WebhookEndpoint:
    """The organization's webhook of that id; raises NotFound."""
    return tenant.get(organization, WebhookEndpoint, endpoint_id)


def create(
    organization: Organization,
    *,
    by: Actor,
    url: str | None,
    name: str | None,
    wanted: Sequence[str] | None,
) -> WebhookEndpoint:
    """A new webhook with a secret of its own; `wanted` are names of events, None all of them.

    Its host is looked up before the transaction begins.
    """
    return _create(organization, by, validation.checked(url, name, wanted))


def change(
    organization: Organization,
    endpoint_id: int,
    *,
    by: Actor,
    url: str | None,
    name: str | None,
    wanted: Sequence[str] | None,
    seen: Seen | None = None,
) -> None:
    """Change where a webhook goes, what it is called and what it hears of; its secret stays."""
    find(organization, endpoint_id)
    _change(organization, endpoint_id, by, validation.checked(url, name, wanted), seen)


@transaction()
def _create(organization: Organization, by: Actor, facts: dict[str, Any]) -> WebhookEndpoint:
    _hold(organization, by)
    mine = select(func.count()).where(WebhookEndpoint.organization_id == organization.id)
    if (db.session.scalar(mine) or 0) >= MOST:
        raise Refusal(f"There are {MOST} webhooks, which is the most. Delete one first.")
    now = clock.now()
    endpoint = WebhookEndpoint(
        organization_id=organization.id,
        secret=secrets.make(),
        created_at=now,
        due_at=now,
        served_at=now,
        **facts,
    )
    db.session.add(endpoint)
    db.session.flush()
    db.session.expire(organization, ["has_webhooks"])
    _record(organization, "WebhookCreated", by, endpoint)
    return endpoint


@transaction()
def _change(
    organization: Organization,
    endpoint_id: int,
    by: Actor,
    facts: dict[str, Any],
    seen: Seen | None,
) -> None:
    endpoint = _held(organization, endpoint_id, by)
    changed = changes.named(endpoint, facts)
    if not changed:
        return
    told = partial(changes.last, organization, endpoint.id)
    versions.refuse_changed(seen, endpoint, writes=changed, told=told)
    for fact, value in facts.items():
        setattr(endpoint, fact, value)
    _record(organization, "WebhookChanged", by, endpoint, changed=" and ".join(changed))


@transaction()
def switch_off(organization: Organization, endpoint_id: int, *, by: Actor) -> None:
    """Tell it of nothing more; what waits stays, and goes when it is switched on."""
    endpoint = _held(organization, endpoint_id, by)
    if endpoint.is_on:
        endpoint.state = WebhookState.OFF
        _record(organization, "WebhookChanged", by, endpoint, changed="its state to off")


@transaction()
def switch_on(organization: Organization, endpoint_id: int, *, by: Actor) -> None:
    """Tell it of new events again, and of what waits; earlier failures are forgotten."""
    endpoint = _held(organization, endpoint_id, by)
    if not endpoint.is_on:
        endpoint.state = WebhookState.ON
        endpoint.failures, endpoint.failing_since = 0, None
        endpoint.due_at = clock.now()
        _record(organization, "WebhookChanged", by, endpoint, changed="its state to on")
        queue.enqueue(SEND)


@transaction()
def rotate_secret(organization: Organization, endpoint_id: int, *, by: Actor) -> None:
    """Give it a new secret; for 24 hours the one before signs, too."""
    endpoint = _held(organization, endpoint_id, by)
    secrets.rotate(endpoint)
    _record(organization, "WebhookChanged", by, endpoint, changed="its secret")


@transaction()
def delete(organization: Organization, endpoint_id: int, *, by: Actor) -> None:
    """Forget it, with what was sent to it and what waits."""
    endpoint = _held(organization, endpoint_id, by)
    webhook_id, host = endpoint.id, endpoint.host
    db.session.delete(endpoint)
    db.session.flush()
    events.record(organization, "WebhookDeleted", by=by, webhook_id=webhook_id, host=host)


@transaction()
def send_test(organization: Organization, endpoint_id: int, *, by: Actor) -> None:
    """Send it an event that says nothing, whatever it listens for; it alone hears of it."""
    endpoint = _held(organization, endpoint_id, by)
    if not endpoint.is_on:
        raise Refusal("This webhook is off. Switch it on first.")
    if not quotas.take("webhook test", organization.id, TESTS_PER_DAY):
        until = clock.next_day()
        raise UsedUp(
            f"{TESTS_PER_DAY} tests were sent today, which is the most. "
            f"Try again after {clock.exact(until)}.",
            until=until,
        )
    event = _record(organization, TESTED, by, endpoint)
    listeners.deliver(event, endpoint.id)


def _hold(organization: Organization, by: Actor) -> None:
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "settings:write")


def _held(organization: Organization, endpoint_id: int, by: Actor) -> WebhookEndpoint:
    _hold(organization, by)
    return tenant.get(organization, WebhookEndpoint, endpoint_id, lock="no key update")


def _record(
    organization: Organization, name: str, by: Actor, endpoint: WebhookEndpoint, **data: Any
) -> Event:
    return events.record(
        organization, name, by=by, webhook_id=endpoint.id, host=endpoint.host, **data
    )
