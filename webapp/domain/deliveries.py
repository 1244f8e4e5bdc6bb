"""Mails to be sent: each a row, written in the transaction of what it announces."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, select

from webapp import clock, config, queue
from webapp.db import db, transaction
from webapp.domain import quotas, suppressions
from webapp.domain.errors import NotFound, Refusal
from webapp.models import Delivery, DeliveryState, Invitation, MailHold

DRAIN = "jobs.outbox.drain"
TO_ADDRESS_PER_DAY = 5


def to_invitee(invitation: Invitation, kind: str) -> Delivery:
    """Queue the mail with the current link; refuses beyond the address's daily share (rule 12)."""
    suppressions.refuse(invitation.organization_id, invitation.email_key)
    if not quotas.take("mail", invitation.email_key, TO_ADDRESS_PER_DAY):
        raise Refusal(
            f"{invitation.email} has been sent {TO_ADDRESS_PER_DAY} invitation mails today, "
            f"which is the most. Try again after {clock.exact(clock.next_day())}.",
            "email",
        )
    return queue_mail(
        kind,
        organization_id=invitation.organization_id,
        recipient=invitation.email,
        invitation=invitation,
    )


def queue_mail(
    kind: str,
    *,
    organization_id: int | None,
    recipient: str,
    invitation: Invitation | None = None,
    user_id: int | None = None,
) -> Delivery:
    """Write a mail's row in the present transaction, and ring for a worker after commit."""
    now = clock.now()
    delivery = Delivery(
        organization_id=organization_id,
        invitation_id=invitation.id if invitation else None,
        user_id=user_id,
        kind=kind,
        recipient=recipient,
        link_number=invitation.link_number if invitation else None,
        message_id=f"<{uuid.uuid4().hex}@{config.current().public_host}>",
        state=DeliveryState.QUEUED,
        created_at=now,
        tried_since=now,
        due_at=now,
    )
    db.session.add(delivery)
    if invitation is not None:
        invitation.delivery_state = DeliveryState.QUEUED
    queue.wake(DRAIN)
    return delivery


def of_invitation(invitation: Invitation) -> list[Delivery]:
    """The invitation's mails, newest first."""
    return list(
        db.session.scalars(
            select(Delivery)
            .where(
                Delivery.invitation_id == invitation.id,
                Delivery.organization_id == invitation.organization_id,
            )
            .order_by(Delivery.id.desc())
        )
    )


def retry(invitation: Invitation, delivery_id: int) -> None:
    """Queue a failed mail of the invitation once more, in the present transaction."""
    wanted = select(Delivery).where(
        Delivery.id == delivery_id, Delivery.invitation_id == invitation.id
    )
    if db.session.scalar(wanted) is None:
        raise NotFound
    # Whoever sends it holds the mail and waits for the invitation: waiting here would be for ever.
    delivery = db.session.scalar(
        wanted.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    )
    if delivery is None:
        raise Refusal("This mail is being sent just now.")
    if delivery.state not in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
        raise Refusal("This mail is not waiting for another try.")
    if delivery.link_number != invitation.link_number:
        raise Refusal("A newer link was sent since. Resend the invitation instead.")
    now = clock.now()
    delivery.state, delivery.attempts, delivery.lease = DeliveryState.QUEUED, 0, None
    delivery.tried_since = delivery.due_at = now
    delivery.settled_at = None
    invitation.delivery_state = DeliveryState.QUEUED
    queue.wake(DRAIN)


def hold() -> MailHold | None:
    """What holds the whole queue, if anything: the mail server refused our own sign-in."""
    return db.session.get(MailHold, 1)


@transaction()
def lift_hold() -> None:
    """The mail server took a mail again: nothing is held."""
    db.session.execute(delete(MailHold))
