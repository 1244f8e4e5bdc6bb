"""Webhooks of an organization: creating, changing, turning on and off, testing, deleting."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import func, select

from webapp import clock, formats, queue
from webapp.db import db, transaction
from webapp.domain import events, organizations, quotas, tenant
from webapp.domain.errors import Refusal, UsedUp
from webapp.domain.events import Actor, listeners, versions
from webapp.domain.events.listeners import SEND, TESTED
from webapp.domain.events.versions import Seen
from webapp.domain.organizations import permissions
from webapp.domain.webhooks import changes, secrets, validation
from webapp.languages import gettext
from webapp.models import Event, Organization, WebhookEndpoint, WebhookState

MOST = 10  # webhooks per organization
TESTS_PER_DAY = 100


def everyone(organization: Organization) -> list[WebhookEndpoint]:
    """The organization's webhooks, oldest first; at most MOST."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.organization_id == organization.id)
    return list(db.session.scalars(query.order_by(WebhookEndpoint.id)))


def find(organization: Organization, endpoint_id: int) -> WebhookEndpoint:
    """The organization's webhook of that id; raises NotFound."""
    return tenant.get(organization, WebhookEndpoint, endpoint_id)


def create(
    organization: Organization,
    *,
    by: Actor,
    url: str | None,
    name: str | None,
    event_names: Sequence[str] | None,
) -> WebhookEndpoint:
    """Create a webhook with a new secret; `event_names` of None means all events.

    Its host is looked up before the transaction begins.
    """
    return _create(organization, by, validation.checked(url, name, event_names))


def change(
    organization: Organization,
    endpoint_id: int,
    *,
    by: Actor,
    url: str | None,
    name: str | None,
    event_names: Sequence[str] | None,
    seen: Seen | None = None,
) -> None:
    """Change a webhook's address, name and events; its secret stays the same."""
    find(organization, endpoint_id)
    _change(organization, endpoint_id, by, validation.checked(url, name, event_names), seen)


@transaction()
def _create(organization: Organization, by: Actor, columns: dict[str, Any]) -> WebhookEndpoint:
    _lock_organization(organization, by)
    count = select(func.count()).where(WebhookEndpoint.organization_id == organization.id)
    if (db.session.scalar(count) or 0) >= MOST:
        raise Refusal(
            gettext(
                "You already have %(most)s webhooks, the most allowed. Delete one first.", most=MOST
            )
        )
    now = clock.now()
    endpoint = WebhookEndpoint(
        organization_id=organization.id,
        secret=secrets.make(),
        created_at=now,
        due_at=now,
        served_at=now,
        **columns,
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
    columns: dict[str, Any],
    seen: Seen | None,
) -> None:
    endpoint = _lock(organization, endpoint_id, by)
    changed = changes.named(endpoint, columns)
    if not changed:
        return
    last_change = partial(changes.last, organization, endpoint.id)
    versions.refuse_changed(seen, endpoint, writes=changed, told=last_change)
    for column, value in columns.items():
        setattr(endpoint, column, value)
    _record(organization, "WebhookChanged", by, endpoint, changed=" and ".join(changed))


@transaction()
def switch_off(organization: Organization, endpoint_id: int, *, by: Actor) -> None:
    """Send it nothing more; waiting deliveries are kept, and sent once it is on again."""
    endpoint = _lock(organization, endpoint_id, by)
    if endpoint.is_on:
        endpoint.state = WebhookState.OFF
        _record(organization, "WebhookChanged", by, endpoint, changed="its state to off")


@transaction()
def switch_on(organization: Organization, endpoint_id: int, *, by: Actor) -> None:
    """Send it new events again, and waiting deliveries; its failures are reset."""
    endpoint = _lock(organization, endpoint_id, by)
    if not endpoint.is_on:
        endpoint.state = WebhookState.ON
        endpoint.failures, endpoint.failing_since = 0, None
        endpoint.due_at = clock.now()
        _record(organization, "WebhookChanged", by, endpoint, changed="its state to on")
        queue.enqueue(SEND)


@transaction()
def rotate_secret(organization: Organization, endpoint_id: int, *, by: Actor) -> None:
    """Give it a new secret; for 24 hours deliveries are signed with the old one as well."""
    endpoint = _lock(organization, endpoint_id, by)
    secrets.rotate(endpoint)
    _record(organization, "WebhookChanged", by, endpoint, changed="its secret")


@transaction()
def delete(organization: Organization, endpoint_id: int, *, by: Actor) -> None:
    """Delete it with all its deliveries."""
    endpoint = _lock(organization, endpoint_id, by)
    webhook_id, host = endpoint.id, endpoint.host
    db.session.delete(endpoint)
    db.session.flush()
    events.record(organization, "WebhookDeleted", by=by, webhook_id=webhook_id, host=host)


@transaction()
def send_test(organization: Organization, endpoint_id: int, *, by: Actor) -> None:
    """Send a test event to this webhook alone, whichever events it listens for."""
    endpoint = _lock(organization, endpoint_id, by)
    if not endpoint.is_on:
        raise Refusal(gettext("This webhook is off. Turn it on first."))
    if not quotas.take("webhook test", organization.id, TESTS_PER_DAY):
        until = clock.next_day()
        raise UsedUp(
            gettext(
                "You have sent %(most)s tests today, the most allowed. Try again after %(time)s.",
                most=TESTS_PER_DAY,
                time=formats.exact(until),
            ),
            until=until,
        )
    event = _record(organization, TESTED, by, endpoint)
    listeners.deliver(event, endpoint.id)


def _lock_organization(organization: Organization, by: Actor) -> None:
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "settings:write")


def _lock(organization: Organization, endpoint_id: int, by: Actor) -> WebhookEndpoint:
    _lock_organization(organization, by)
    return tenant.get(organization, WebhookEndpoint, endpoint_id, lock="no key update")


def _record(
    organization: Organization, name: str, by: Actor, endpoint: WebhookEndpoint, **data: Any
) -> Event:
    return events.record(
        organization, name, by=by, webhook_id=endpoint.id, host=endpoint.host, **data
    )
