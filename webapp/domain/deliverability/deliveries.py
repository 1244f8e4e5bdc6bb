"""Mails of invitations: queueing one, reading and retrying them; and what holds all mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from webapp import clock, formats, queue
from webapp.db import db, rows, transaction
from webapp.domain import tenant
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import Refusal, UsedUp
from webapp.domain.events import owner_notices
from webapp.domain.mail import kinds
from webapp.domain.mail import queue as mail_queue
from webapp.languages import gettext
from webapp.models import Delivery, DeliveryAttempt, DeliveryState, Invitation, MailHold, User

SHOWN = 20
# What can be tried again, as long as the address is not suppressed.
_REPEATED = (DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.BOUNCED)
_HELD = select(MailHold.id).where(MailHold.id == 1)


def to_invitee(invitation: Invitation, kind: str, *, admitted: bool = False) -> Delivery:
    """Queue the mail with the current link; refuses beyond the address's daily share (rule 12).

    Refuses a suppressed address, unless it was `admitted`: checked in this same transaction.
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
    """The refusal of mails to an address beyond its daily share (rule 12)."""
    until = clock.next_day()
    return UsedUp(
        gettext(
            "%(email)s has already been sent %(most)s mails today, the most allowed. Try again "
            "after %(time)s.",
            email=email,
            most=kinds.FROM_OTHERS.most,
            time=formats.exact(until),
        ),
        "email",
        until=until,
    )


@dataclass(frozen=True, slots=True)
class Mails:
    """An invitation's newest mails, newest first, and how many earlier ones there are."""

    rows: Sequence[Delivery]
    earlier: int


def of_invitation(invitation: Invitation) -> Mails:
    """The invitation's newest mails, at most SHOWN of them."""
    mails = select(Delivery).where(
        Delivery.invitation_id == invitation.id,
        Delivery.organization_id == invitation.organization_id,
    )
    rows = db.session.scalars(mails.order_by(Delivery.id.desc()).limit(SHOWN)).all()
    earlier = 0
    if len(rows) == SHOWN:
        total = select(func.count()).select_from(mails.subquery())
        earlier = (db.session.scalar(total) or 0) - SHOWN
    return Mails(rows, earlier)


def retry(invitation: Invitation, delivery_id: int) -> None:
    """Queue a failed mail of the invitation once more, in the current transaction."""
    delivery = _locked(invitation, delivery_id)
    if delivery.state not in _REPEATED:
        raise Refusal(gettext("This mail does not need another attempt."))
    if delivery.link_number != invitation.link_number:
        words = gettext("A newer link has been sent since then. Resend the invitation instead.")
        raise Refusal(words)
    suppressions.refuse(invitation.organization_id, invitation.email_key)
    # A failed mail never arrived; an unknown one may have, and one that came back was received by
    # some server, so this one counts as another.
    is_another = delivery.state != DeliveryState.FAILED
    if is_another and not mail_queue.take_share(delivery.kind, invitation.email_key):
        raise mailed_enough(invitation.email)
    now = clock.now()
    delivery.state, delivery.attempts, delivery.lease = DeliveryState.QUEUED, 0, None
    delivery.tried_since = delivery.due_at = now
    delivery.settled_at = delivery.came_back_at = None
    delivery.blame = delivery.cause = delivery.code = delivery.receiver = None
    invitation.delivery_state = DeliveryState.QUEUED
    queue.enqueue(mail_queue.DRAIN)


def _locked(invitation: Invitation, delivery_id: int) -> Delivery:
    query = select(Delivery).where(
        Delivery.id == delivery_id, Delivery.invitation_id == invitation.id
    )
    if db.session.scalar(query) is None:
        raise tenant.unknown(Delivery)
    # The sender locks the mail and then waits for the invitation: waiting here would deadlock.
    delivery: Delivery | None = db.session.scalar(
        query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    )
    if delivery is None:
        raise Refusal(gettext("This mail is being sent right now."))
    return delivery


def forget_recipient(user: User) -> None:
    """Erase the address from the mails about the user's account, in the current transaction.

    And the answers of mail servers, which often repeat the address.
    """
    delivery_ids = select(Delivery.id).where(Delivery.user_id == user.id)
    db.session.execute(
        update(DeliveryAttempt)
        .where(DeliveryAttempt.delivery_id.in_(delivery_ids))
        .values(words="")
    )
    owner_notices.forget_of(delivery_ids)
    db.session.execute(
        update(Delivery).where(Delivery.user_id == user.id).values(recipient="", words=None)
    )


def hold() -> MailHold | None:
    """What holds the whole queue, if anything: the mail server refused our sign-in."""
    is_held = rows(_HELD, {}).first() is not None
    return db.session.get(MailHold, 1) if is_held else None


@transaction()
def lift_hold() -> None:
    """Release the queue, when the mail server has taken a mail again."""
    db.session.execute(delete(MailHold))
