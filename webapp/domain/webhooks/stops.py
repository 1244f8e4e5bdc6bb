"""When a webhook that keeps failing is switched off, and who is told."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from webapp import clock
from webapp.db import db
from webapp.domain import events
from webapp.domain.mail import queue
from webapp.models import (
    Delivery,
    Membership,
    Organization,
    User,
    WebhookEndpoint,
    WebhookState,
)

KIND = "webhook"  # of the mail
DAYS = timedelta(days=5)
FAILURES = 20
GONE = 410


def consider(endpoint: WebhookEndpoint, status: int | None) -> None:
    """Switch it off after 20 tries in a row over 5 days without a success; at once after 410 Gone.

    In the present transaction, with a mail to each active admin whose mailbox is proved.
    """
    since = endpoint.failing_since or clock.now()
    if status == GONE:
        _stop(endpoint, "it answered 410 Gone")
    elif endpoint.failures >= FAILURES and clock.now() - since >= DAYS:
        _stop(endpoint, f"{endpoint.failures} tries in a row failed, over {DAYS.days} days or more")


def stopped(delivery: Delivery) -> list[WebhookEndpoint]:
    """Which webhooks of the mail's organization are stopped now; what the mail is about."""
    return list(
        db.session.scalars(
            select(WebhookEndpoint)
            .where(
                WebhookEndpoint.organization_id == delivery.organization_id,
                WebhookEndpoint.state == WebhookState.STOPPED,
            )
            .order_by(WebhookEndpoint.id)
        )
    )


def _stop(endpoint: WebhookEndpoint, reason: str) -> None:
    endpoint.state = WebhookState.STOPPED
    organization = db.session.get_one(Organization, endpoint.organization_id)
    events.record(
        organization,
        "WebhookStopped",
        by="system",
        webhook_id=endpoint.id,
        host=endpoint.host,
        reason=reason,
    )
    admins = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == organization.id, Membership.is_active_admin)
        .order_by(User.id)
    )
    for admin in db.session.scalars(admins).all():
        queue.queue_mail(KIND, organization_id=organization.id, user=admin)
