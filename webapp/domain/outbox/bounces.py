"""Bounced mail, reported by a mail server or by the provider.

A report is matched by something that only servers on the mail's route know: its Message-ID (a
random UUID) or its signed return path. An address alone proves nothing: anybody can write one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import or_, select

from webapp.db import db, transaction
from webapp.domain import addresses
from webapp.domain.deliverability import suppressions
from webapp.domain.invitations import links
from webapp.domain.outbox import delivery_reports, return_paths, settlements
from webapp.domain.outbox.delivery_reports import Recipient
from webapp.models import Delivery, DeliveryState
from webapp.smtp import clean

MOST_REFERENCES = 10
MASK = "token=…"


class BounceOutcome(StrEnum):
    """What was done about a report, for a log line."""

    BOUNCED = "bounced: the mail is marked as having come back"
    KNOWN = "nothing: this mail has bounced before"
    NO_REPORT = "nothing: this is no report of a mail server"
    NOT_FAILED = "nothing: the mail has not failed for good"
    NOT_OURS = "nothing: the report names no mail of ours"
    ANOTHERS = "nothing: the report is about another address than the one we wrote to"
    SUPPRESSED = "suppressed: the address is not mailed again"
    NO_INVITATION = "nothing: this mail carries no invitation"


@dataclass(frozen=True, slots=True)
class Reference:
    """What identifies one of our mails; each is known only to servers on the mail's route."""

    message_ids: tuple[str, ...] = ()
    delivery_id: int | None = None


def take(raw: bytes) -> BounceOutcome:
    """Handle an incoming message: RFC 3464 reports of failures that RFC 3463 calls permanent."""
    report = delivery_reports.read(raw)
    if report is None:
        return BounceOutcome.NO_REPORT
    if not any(recipient.failed_for_good for recipient in report.recipients):
        return BounceOutcome.NOT_FAILED
    delivery_ids = filter(None, map(return_paths.read, report.came_to[:MOST_REFERENCES]))
    reference = Reference(report.message_ids[:MOST_REFERENCES], next(delivery_ids, None))
    return bounce(reference, report.recipients)


@transaction()
def bounce(reference: Reference, recipients: Iterable[Recipient]) -> BounceOutcome:
    """Mark a mail that failed permanently; the organization mails its address no more.

    This applies in any state, as a report can arrive before the reply to the final dot. The same
    report twice changes nothing.
    """
    delivery = _lock(reference)
    if delivery is None:
        return BounceOutcome.NOT_OURS
    recipient = _addressee(delivery, recipients)
    if recipient is None:
        return BounceOutcome.ANOTHERS
    if not recipient.failed_for_good:
        return BounceOutcome.NOT_FAILED
    if delivery.state == DeliveryState.BOUNCED:
        return BounceOutcome.KNOWN
    words = clean(links.TOKEN.sub(MASK, recipient.words), 500)
    invitation = settlements.invitation_of(delivery)
    settlements.end(delivery, DeliveryState.BOUNCED, words)
    settlements.show(delivery, invitation)
    if invitation is not None:
        suppressions.add(invitation, suppressions.BOUNCED)
        settlements.record(delivery, invitation, "InvitationBounced", words=words)
    return BounceOutcome.BOUNCED


@transaction()
def complain(reference: Reference, recipients: Iterable[Recipient]) -> BounceOutcome:
    """The recipient reported the mail as spam; the organization mails the address no more."""
    delivery = _lock(reference)
    if delivery is None:
        return BounceOutcome.NOT_OURS
    if _addressee(delivery, recipients) is None:
        return BounceOutcome.ANOTHERS
    invitation = settlements.invitation_of(delivery)
    if invitation is None:
        return BounceOutcome.NO_INVITATION
    suppressions.by_owner(invitation, suppressions.COMPLAINED)
    return BounceOutcome.SUPPRESSED


def _lock(reference: Reference) -> Delivery | None:
    """The referenced mail, locked before its invitation as in `settlements.settle`."""
    is_meant = or_(
        Delivery.message_id.in_(reference.message_ids), Delivery.id == reference.delivery_id
    )
    query = select(Delivery.id).where(is_meant).order_by(Delivery.id)
    delivery_id = db.session.scalars(query).first()
    if delivery_id is None:
        return None
    return db.session.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)


def _addressee(delivery: Delivery, recipients: Iterable[Recipient]) -> Recipient | None:
    """The report's entry about the address that we wrote to.

    Servers that forward a mail name that address as Original-Recipient, and then the failure
    counts for it. If neither address is ours, the mailbox accepted the mail: one dead member of a
    list, or a forgotten forwarding, must not suppress it.
    """
    key = addresses.key_of(delivery.recipient)
    if not key:
        return None
    for recipient in recipients:
        if key in map(addresses.key_of, recipient.addresses):
            return recipient
    return None
