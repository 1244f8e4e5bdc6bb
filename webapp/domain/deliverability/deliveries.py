"""Mails of invitations: queueing one, looking at them, trying one again; what holds all mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from webapp import clock, queue
from webapp.db import db, rows, transaction
from webapp.domain import tenant
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import Refusal, UsedUp
from webapp.domain.events import owner_notices
from webapp.domain.mail import kinds
from webapp.domain.mail import queue as mail_queue
from webapp.models import Delivery, DeliveryAttempt, DeliveryState, Invitation, MailHold, User

SHOWN = 20
_HELD = select(MailHold.id).where(MailHold.id == 1)


def to_invitee(invitation: Invitation, kind: str, *, admitted: bool = False) -> Delivery:
    """Queue the mail with the current link; refuses beyond the address's daily share (rule 12).

    Also to an address that may not be mailed, unless it was `admitted` in this very transaction.
    """
    if not admitted:
        suppressions.refuse(invitation.organization_id, invitation.email_key)
    delivery = mail_queue.queue_mail(
        kind, organization_id=invitation.organization_id, invitation=invitation
    )
    if delivery is None:
        raise mailed_enough(invitation.email)
    return delivery


def mailed_enough(email: str) -> UsedUp:
    """What one hears who mails an address more often than its daily share (rule 12)."""
    until = clock.next_day()
    return UsedUp(
        f"{email} has been sent {kinds.FROM_OTHERS.most} mails today, which is the most. "
        f"Try again after {clock.exact(until)}.",
        "email",
        until=until,
    )


@dataclass(frozen=True, slots=True)
class Mails:
    """An invitation's newest mails, newest first, and how many earlier ones there are."""

    rows: Sequence[Delivery]
    earlier: int


def of_invitation(invitation: Invitation) -> Mails:
    """What was mailed for the invitation; no more than a page can hold."""
    its = select(Delivery).where(
        Delivery.invitation_id == invitation.id,
        Delivery.organization_id == invitation.organization_id,
    )
    rows = db.session.scalars(its.order_by(Delivery.id.desc()).limit(SHOWN)).all()
    earlier = 0
    if len(rows) == SHOWN:
        counted = select(func.count()).select_from(its.subquery())
        earlier = (db.session.scalar(counted) or 0) - SHOWN
    return Mails(rows, earlier)


def retry(invitation: Invitation, delivery_id: int) -> None:
    """Queue a failed mail of the invitation once more, in the present transaction."""
    wanted = select(Delivery).where(
        Delivery.id == delivery_id, Delivery.invitation_id == invitation.id
    )
    if db.session.scalar(wanted) is None:
        raise tenant.unknown(Delivery)
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
    suppressions.refuse(invitation.organization_id, invitation.email_key)
    # One that failed never arrived; one of which nobody knows may come a second time.
    is_another = delivery.state == DeliveryState.UNKNOWN
    if is_another and not mail_queue.take_share(delivery.kind, invitation.email_key):
        raise mailed_enough(invitation.email)
    now = clock.now()
    delivery.state, delivery.attempts, delivery.lease = DeliveryState.QUEUED, 0, None
    delivery.tried_since = delivery.due_at = now
    delivery.settled_at = None
    invitation.delivery_state = DeliveryState.QUEUED
    queue.enqueue(mail_queue.DRAIN)


def forget_recipient(user: User) -> None:
    """Take the address out of the mails about the user's account, in the present transaction.

    And what mail servers said to them: they like to repeat the address.
    """
    theirs = select(Delivery.id).where(Delivery.user_id == user.id)
    db.session.execute(
        update(DeliveryAttempt).where(DeliveryAttempt.delivery_id.in_(theirs)).values(words="")
    )
    owner_notices.forget_of(theirs)
    db.session.execute(
        update(Delivery).where(Delivery.user_id == user.id).values(recipient="", words=None)
    )


def hold() -> MailHold | None:
    """What holds the whole queue, if anything: the mail server refused our own sign-in."""
    is_held = rows(_HELD, {}).first() is not None
    return db.session.get(MailHold, 1) if is_held else None


@transaction()
def lift_hold() -> None:
    """The mail server took a mail again: nothing is held."""
    db.session.execute(delete(MailHold))
