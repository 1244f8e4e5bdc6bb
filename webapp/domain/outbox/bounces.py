"""Mail that came back or was given up, reported by a mail server or by the provider.

A report is matched by something that only servers on the mail's route know: its Message-ID (a
random UUID) or its signed return path. An address alone proves nothing: anybody can write one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import or_, select

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import addresses
from webapp.domain.deliverability import bounce_reading, suppressions
from webapp.domain.deliverability.faults import Blame
from webapp.domain.outbox import (
    delivery_reports,
    incoming,
    loose_reports,
    return_paths,
    settlements,
)
from webapp.domain.outbox.delivery_reports import Recipient
from webapp.domain.outbox.loose_reports import LooseReport
from webapp.models import Delivery, DeliveryState, Tally
from webapp.upserts import upsert

MOST_REFERENCES = 10
COUNTED = "report"  # the kind of tally that counts what was done about incoming messages


class BounceOutcome(StrEnum):
    """What was done about a report, for a log line."""

    BOUNCED = "bounced: the mail is marked as bounced"
    RETURNED = "bounced: the mail is marked as bounced; its address is not blocked"
    GIVEN_UP = "failed: a mail server gave up; the mail is marked as failed"
    UNREAD = "noted: something came back that Gatehouse does not understand"
    KNOWN = "nothing: this mail has bounced before"
    NO_REPORT = "nothing: this is not a report from a mail server"
    NOT_FAILED = "nothing: the mail has not failed for good"
    NOT_OURS = "nothing: the report is not about a mail of ours"
    ANOTHERS = "nothing: the report is not about the address that we wrote to"
    SUPPRESSED = "suppressed: the address is not mailed again"
    NO_INVITATION = "nothing: this mail carries no invitation"


@dataclass(frozen=True, slots=True)
class Reference:
    """What identifies one of our mails; each is known only to servers on the mail's route."""

    message_ids: tuple[str, ...] = ()
    delivery_id: int | None = None


def take(raw: bytes) -> BounceOutcome:
    """Handle an incoming message: a report of a failure, in whatever form the server wrote it."""
    outcome = _take(raw)
    count(outcome)
    return outcome


def _take(raw: bytes) -> BounceOutcome:
    mail = incoming.parse(raw)
    if mail is None:
        return BounceOutcome.NO_REPORT
    report = delivery_reports.of(mail)
    if report is None:
        return _take_loosely(LooseReport(mail, raw[: incoming.MOST]))
    if not any(recipient.failed_for_good for recipient in report.recipients):
        return BounceOutcome.NOT_FAILED
    recipients = [loose_reports.explained(mail, recipient) for recipient in report.recipients]
    return bounce(_reference(report.message_ids, report.came_to), recipients)


def _take_loosely(message: LooseReport) -> BounceOutcome:
    """Handle a message that is no report by the standard, if it is surely about a mail of ours."""
    if message.is_answer:
        return BounceOutcome.NO_REPORT
    reference = _reference(message.message_ids, message.came_to)
    delivery = _find(reference)
    if delivery is None:
        return BounceOutcome.NO_REPORT
    if outcome := message.outcome(delivery.recipient):
        return bounce(reference, [outcome])
    # Anybody can quote a Message-ID; the return path is only for servers.
    return BounceOutcome.NO_REPORT if reference.delivery_id is None else _note(reference)


def _reference(message_ids: Sequence[str], came_to: Sequence[str]) -> Reference:
    delivery_ids = filter(None, map(return_paths.read, came_to[:MOST_REFERENCES]))
    return Reference(tuple(message_ids[:MOST_REFERENCES]), next(delivery_ids, None))


@transaction()
def bounce(reference: Reference, recipients: Iterable[Recipient]) -> BounceOutcome:
    """Mark a mail that failed; for a fault of its address, the organization mails it no more.

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
    domain = delivery.recipient.rpartition("@")[2].lower()
    fault = recipient.fault or bounce_reading.classify(recipient.status, recipient.words, domain)
    if delivery.state == DeliveryState.BOUNCED or (
        fault.has_failed and delivery.state == DeliveryState.FAILED
    ):
        return BounceOutcome.KNOWN
    invitation = settlements.invitation_of(delivery)
    settlements.come_back(delivery, invitation, fault, recipient.words, recipient.host)
    if fault.has_failed:
        return BounceOutcome.GIVEN_UP
    if fault.blame is not Blame.ADDRESS:
        return BounceOutcome.RETURNED
    if invitation is not None:
        suppressions.add(invitation, suppressions.BOUNCED)
    return BounceOutcome.BOUNCED


@transaction()
def _note(reference: Reference) -> BounceOutcome:
    """Note that something came back; it changes no state, as nobody knows what it says."""
    delivery = _lock(reference)
    if delivery is None or delivery.state in (DeliveryState.BOUNCED, DeliveryState.FAILED):
        return BounceOutcome.KNOWN
    delivery.came_back_at = clock.now()
    return BounceOutcome.UNREAD


@transaction()
def count(outcome: BounceOutcome) -> None:
    """Count what was done about an incoming message, for the operator."""
    tally(COUNTED, outcome.name.lower())


def tally(kind: str, name: str) -> None:
    """Count one more of a name, in the caller's transaction."""
    upsert(Tally, {"kind": kind, "name": name, "n": 1}, on=["kind", "name"], add=["n"])


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


def _find(reference: Reference) -> Delivery | None:
    """The referenced mail, as it was a moment ago."""
    is_meant = or_(
        Delivery.message_id.in_(reference.message_ids), Delivery.id == reference.delivery_id
    )
    return db.session.scalars(select(Delivery).where(is_meant).order_by(Delivery.id)).first()


def _lock(reference: Reference) -> Delivery | None:
    """The referenced mail, locked before its invitation as in `settlements.settle`."""
    delivery = _find(reference)
    if delivery is None:
        return None
    return db.session.get(Delivery, delivery.id, with_for_update=True, populate_existing=True)


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
