"""Queueing mails: each is a row, written in the transaction of the event that it announces."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from webapp import clock, config, queue
from webapp.db import db
from webapp.domain import quotas
from webapp.domain.mail.kinds import KINDS
from webapp.inserts import insert
from webapp.models import Delivery, DeliveryState, Invitation, User

DRAIN = "jobs.outbox.drain"


def queue_mail(
    kind: str,
    *,
    organization_id: int | None,
    invitation: Invitation | None = None,
    user: User | None = None,
) -> Delivery | None:
    """Queue a mail about an invitation or an account, and wake a worker after the commit.

    None when it must not be sent: the address's daily share is used up, or the account is
    unverified and the kind does not allow that.
    """
    if user is not None and not user.is_verified and not KINDS[kind].unproved:
        return None
    recipient = invitation or user
    if recipient is None:
        raise ValueError("a mail to nobody")
    if not take_share(kind, recipient.email_key):
        return None
    delivery = write(
        kind, organization_id=organization_id, invitation=invitation, user=user, to=recipient.email
    )
    queue.enqueue(DRAIN)
    return delivery


def take_share(kind: str, email_key: str) -> bool:
    """Count one more mail of the kind to the address; False when today's share is used up."""
    share = KINDS[kind].share
    return share is None or quotas.take(share.name, email_key, share.most, apart=share.apart)


def take_shares(kind: str, email_keys: Iterable[str]) -> set[str]:
    """Count one more for each address; returns those whose share was not used up."""
    share = KINDS[kind].share
    return quotas.take_each(share.name, email_keys, share.most) if share else set(email_keys)


def write(
    kind: str,
    *,
    organization_id: int | None,
    to: str,
    invitation: Invitation | None = None,
    user: User | None = None,
    pause: timedelta = timedelta(0),
) -> Delivery:
    """Write the row of a mail whose share is taken, due after a pause; wakes no worker."""
    link = invitation.link_number if invitation else None
    row = _row(kind, organization_id, to, invitation.id if invitation else None, link)
    row["due_at"] += pause
    delivery = insert(Delivery, {"user_id": user.id if user else None, **row})
    if invitation is not None and invitation.delivery_state != DeliveryState.QUEUED:
        invitation.delivery_state = DeliveryState.QUEUED
    return delivery


def write_first(organization_id: int, invited: Sequence[tuple[int, str]]) -> None:
    """Queue the first mail to each (invitation id, address) whose share is taken; wake a worker."""
    row = _row("invitation", organization_id, "", None, 1)
    rows = [
        {**row, "invitation_id": invitation_id, "recipient": email, "message_id": _message_id()}
        for invitation_id, email in invited
    ]
    if rows:
        db.session.execute(Delivery.__table__.insert(), rows)  # type: ignore[attr-defined]
        queue.enqueue(DRAIN)


def _row(
    kind: str,
    organization_id: int | None,
    recipient: str,
    invitation_id: int | None,
    link_number: int | None,
) -> dict[str, Any]:
    now = clock.now()
    return {
        "organization_id": organization_id,
        "invitation_id": invitation_id,
        "kind": kind,
        "recipient": recipient,
        "link_number": link_number,
        "message_id": _message_id(),
        "state": DeliveryState.QUEUED.value,
        "attempts": 0,
        "created_at": now,
        "tried_since": now,
        "due_at": now,
    }


def _message_id() -> str:
    return f"<{uuid.uuid4().hex}@{config.current().public_host}>"
