"""Mail that comes back: one verb for whoever tells us, a mail server's report or a provider.

A report is ours by something that only the mail's way knows: its Message-ID (a random UUID) or
its signed return path. An address alone proves nothing, as anybody can write one.
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


class Answer(StrEnum):
    """What was done about something that came in, for a log line."""

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
    """By what a mail of ours is found again; each of these is a secret of the mail's way."""

    message_ids: tuple[str, ...] = ()
    delivery_id: int | None = None


def take(raw: bytes) -> Answer:
    """Do what the message on hand asks for: RFC 3464 reports of failures, by RFC 3463 for good."""
    report = delivery_reports.read(raw)
    if report is None:
        return Answer.NO_REPORT
    if not any(one.failed_for_good for one in report.recipients):
        return Answer.NOT_FAILED
    numbers = map(return_paths.read, report.came_to[:MOST_REFERENCES])
    reference = Reference(
        report.message_ids[:MOST_REFERENCES], next((n for n in numbers if n is not None), None)
    )
    return bounce(reference, report.recipients)


@transaction()
def bounce(reference: Reference, recipients: Iterable[Recipient]) -> Answer:
    """The mail came back for good: mark it, and write to its address from here no more.

    Whatever was known of the mail until now, as reports can be faster than the answer to the final
    dot. The same report twice changes nothing.
    """
    delivery = _held(reference)
    if delivery is None:
        return Answer.NOT_OURS
    concerned = _of_recipient(delivery, recipients)
    if concerned is None:
        return Answer.ANOTHERS
    if not concerned.failed_for_good:
        return Answer.NOT_FAILED
    if delivery.state == DeliveryState.BOUNCED:
        return Answer.KNOWN
    words = clean(links.TOKEN.sub(MASK, concerned.words), 500)
    invitation = settlements.invitation_of(delivery)
    settlements.end(delivery, DeliveryState.BOUNCED, words)
    settlements.show(delivery, invitation)
    if invitation is not None:
        suppressions.add(invitation, suppressions.BOUNCED)
        settlements.record(delivery, invitation, "InvitationBounced", words=words)
    return Answer.BOUNCED


@transaction()
def complain(reference: Reference, recipients: Iterable[Recipient]) -> Answer:
    """The recipient called an invitation's mail unwanted: this organization writes no more."""
    delivery = _held(reference)
    if delivery is None:
        return Answer.NOT_OURS
    if _of_recipient(delivery, recipients) is None:
        return Answer.ANOTHERS
    invitation = settlements.invitation_of(delivery)
    if invitation is None:
        return Answer.NO_INVITATION
    suppressions.by_owner(invitation, suppressions.COMPLAINED)
    return Answer.SUPPRESSED


def _held(reference: Reference) -> Delivery | None:
    """The mail that is meant, locked before its invitation as `settlements.settle` does."""
    known = or_(
        Delivery.message_id.in_(reference.message_ids), Delivery.id == reference.delivery_id
    )
    found = db.session.scalars(select(Delivery.id).where(known).order_by(Delivery.id)).first()
    if found is None:
        return None
    return db.session.get(Delivery, found, with_for_update=True, populate_existing=True)


def _of_recipient(delivery: Delivery, recipients: Iterable[Recipient]) -> Recipient | None:
    """What is said about the very address that we wrote to.

    Servers that pass a mail on name the invited address as Original-Recipient, and then the
    failure counts for it. Where both names are foreign the invited mailbox took the mail: one
    dead member of a list, or a forgotten forwarding, must not close it.
    """
    ours = addresses.key_of(delivery.recipient)
    return next(
        (one for one in recipients if ours and ours in map(addresses.key_of, one.addresses)),
        None,
    )
