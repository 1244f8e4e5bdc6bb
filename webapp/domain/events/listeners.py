"""The webhooks that listen for an event: deliveries to them are written with the event itself.

`events.record` calls this, so no caller can forget it; what is rolled back was never told.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from webapp import clock, queue
from webapp.db import db
from webapp.models import Event, Organization, WebhookDelivery, WebhookEndpoint, WebhookState

SEND = "jobs.webhooks.send"
TESTED = "WebhookTested"  # sent to the webhook that is tested, and to no other
# What people do with their own accounts is recorded in the organization that they used last,
# whichever that was: no webhook gets it.
UNTOLD = frozenset(
    {
        *(
            TESTED,
            "WebhookReplayed",
            "SignedIn",
            "SignedOut",
            "SignInFailed",
            "PasswordResetRequested",
            "PasswordChanged",
        ),
        *("SecondFactorOn", "SecondFactorOff", "RecoveryCodeUsed", "ProfileChanged"),
        *("EmailVerified", "ConfirmationRequested", "DataExported"),
    }
)


def of(organization_ids: Iterable[int], name: str) -> dict[int, list[int]]:
    """The webhooks that listen for events of this name, by organization; one small query.

    They are locked until the transaction ends: deleting one meanwhile breaks no event.
    """
    if name in UNTOLD:
        return {}
    with db.session.no_autoflush:
        rows = db.session.execute(
            select(WebhookEndpoint.organization_id, WebhookEndpoint.id, WebhookEndpoint.events)
            .where(
                WebhookEndpoint.organization_id.in_(organization_ids),
                WebhookEndpoint.state == WebhookState.ON,
            )
            .order_by(WebhookEndpoint.id)
            .with_for_update(read=True, key_share=True)
        ).all()
    listeners: dict[int, list[int]] = {}
    for organization_id, endpoint_id, event_names in rows:
        if event_names is None or name in event_names:
            listeners.setdefault(organization_id, []).append(endpoint_id)
    return listeners


def tell(event: Event) -> None:
    """Add a delivery of the event for each listener to the present transaction."""
    if event.organization_id is None or event.name in UNTOLD:
        return
    with db.session.no_autoflush:  # most verbs have loaded the organization: no query then
        organization = db.session.get_one(Organization, event.organization_id)
        if not organization.has_webhooks:
            return
    listeners = of([event.organization_id], event.name)
    for endpoint_id in listeners.get(event.organization_id, ()):
        deliver(event, endpoint_id)


def deliver(event: Event, endpoint_id: int) -> None:
    """Add one delivery to the present transaction, and enqueue its sending."""
    db.session.add(WebhookDelivery(event=event, **_row(endpoint_id)))
    queue.enqueue(SEND)


def tell_many(listeners: dict[int, list[int]], written: Sequence[tuple[int, int]]) -> None:
    """The same for many events at once: (event's id, organization's id)."""
    rows = [
        {"event_id": event_id, **_row(endpoint_id)}
        for event_id, organization_id in written
        for endpoint_id in listeners.get(organization_id, ())
    ]
    if rows:
        db.session.execute(WebhookDelivery.__table__.insert(), rows)  # type: ignore[attr-defined]
        queue.enqueue(SEND)


def _row(endpoint_id: int) -> dict[str, Any]:
    now = clock.now()
    return {
        "endpoint_id": endpoint_id,
        "message_id": f"msg_{uuid.uuid4().hex}",
        "state": "waiting",
        "attempts": 0,
        "created_at": now,
        "due_at": now,
    }
