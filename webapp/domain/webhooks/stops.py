"""Turning off a webhook that keeps failing, and telling the admins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from webapp import clock, languages
from webapp.db import db
from webapp.domain import events, letters
from webapp.domain.mail import composing, kinds, queue
from webapp.domain.mail.composing import Composed, Drop
from webapp.domain.organizations import permissions
from webapp.languages import marked
from webapp.models import (
    Delivery,
    Membership,
    Organization,
    Role,
    User,
    WebhookEndpoint,
    WebhookState,
)

KIND = "webhook"  # of the mail
DAYS = timedelta(days=5)
FAILURES = 20
GONE = 410


def consider(endpoint: WebhookEndpoint, status: int | None) -> None:
    """Stop it after 20 failures in a row over 5 days; at once after 410 Gone.

    In the current transaction, with a mail to each active admin with a verified address.
    """
    since = endpoint.failing_since or clock.now()
    if status == GONE:
        _stop(endpoint, "it answered 410 Gone")
    elif endpoint.failures >= FAILURES and clock.now() - since >= DAYS:
        _stop(
            endpoint, f"{endpoint.failures} attempts in a row failed over at least {DAYS.days} days"
        )


@kinds.composes(KIND, cause="a fellow admin's webhook keeps failing", share=kinds.FROM_OTHERS)
def _compose(delivery: Delivery) -> Composed:
    organization, user = composing.organization(delivery), composing.account(delivery)
    if permissions.role_of(organization.id, user.id, hold=False) != Role.ADMIN:
        return Drop(marked("They were no longer an admin."))
    hosts = [endpoint.host for endpoint in _stopped(organization)]
    if not hosts:
        return Drop(marked("The webhook was fixed before the mail was sent."))
    with languages.written_in(user.language, organization.language):
        return letters.webhook_stopped(delivery, organization, user, hosts)


def _stopped(organization: Organization) -> Sequence[WebhookEndpoint]:
    """The organization's webhooks that are stopped."""
    return db.session.scalars(
        select(WebhookEndpoint)
        .where(
            WebhookEndpoint.organization_id == organization.id,
            WebhookEndpoint.state == WebhookState.STOPPED,
        )
        .order_by(WebhookEndpoint.id)
    ).all()


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
