"""Resend's events about a mail: that it bounced, was not sent, or was reported as spam."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from sqlalchemy import delete, select

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import upkeep
from webapp.domain.deliverability import bounce_reading
from webapp.domain.deliverability.faults import Blame, Cause, Fault
from webapp.domain.outbox import bounces, provider_replies
from webapp.domain.outbox.bounces import BounceOutcome, Reference
from webapp.domain.outbox.delivery_reports import Recipient
from webapp.languages import marked
from webapp.models import Delivery, ProviderEvent, Tally
from webapp.upserts import upsert

# Sent with every mail: Resend's relay may replace the Message-ID. Its events have had data.headers,
# which the types that it publishes do not name.
HEADER = "X-Entity-Ref-ID"
_SUPPRESSED = Fault(Cause.NO_MAILBOX)  # Resend has seen it bounce before
TALLY, MATCHED, UNMATCHED = "provider", "matched", "unmatched"  # how many events there were
KEPT = timedelta(days=7)  # Resend retries for a day and a half; older events are refused


def headers(delivery: Delivery) -> tuple[tuple[str, str], ...]:
    """The header by which the provider's events refer to the mail."""
    return ((HEADER, delivery.message_id),)


@transaction()
def take(event_id: str, event: Any) -> BounceOutcome:
    """Handle a signed event once: its id and its effects are written together.

    A permanent `email.bounced` and `email.suppressed` (refused by Resend because of earlier
    bounces) are bounces; so is `email.failed` (not sent), without shutting the address;
    `email.complained` ends this organization's mail; others are ignored.
    """
    if not _is_new(event_id):
        return BounceOutcome.KNOWN
    event = _mapping(event)
    outcome = _act(event.get("type"), _mapping(event.get("data")))
    if outcome is not BounceOutcome.NOT_FAILED:
        bounces.tally(TALLY, UNMATCHED if outcome is BounceOutcome.NOT_OURS else MATCHED)
    return outcome


def counts() -> dict[str, int]:
    """How many events ever named a mail of ours, and how many did not."""
    rows = db.session.execute(select(Tally.name, Tally.n).where(Tally.kind == TALLY))
    found: dict[str, int] = dict(rows.all())
    return {name: found.get(name, 0) for name in (MATCHED, UNMATCHED)}


def _is_new(event_id: str) -> bool:
    """Whether the event is new; marks it as taken."""
    taken = {"id": event_id[:100], "taken_at": clock.now()}
    return upsert(ProviderEvent, taken, returning=[ProviderEvent.id]).first() is not None


def _act(kind: Any, data: dict[str, Any]) -> BounceOutcome:
    reference = Reference(_references(data), provider_replies.delivery_id(data))
    match kind:
        case "email.bounced":
            details = _mapping(data.get("bounce"))
            for_good = details.get("type") == "Permanent"
            fault = _verdict(details) if for_good else None
            return bounces.bounce(reference, [_recipient(data, for_good, _words(details), fault)])
        case "email.suppressed":
            words = _words(_mapping(data.get("suppressed")))
            return bounces.bounce(reference, [_recipient(data, True, words, _SUPPRESSED)])
        case "email.failed":
            words = _words(_mapping(data.get("failed")))
            return bounces.bounce(reference, [_recipient(data, True, words, _fault(words))])
        case "email.complained":
            return bounces.complain(reference, [_recipient(data, False, "")])
    return BounceOutcome.NOT_FAILED


@upkeep.forgets
@transaction()
def forget() -> int:
    """Delete the ids of events that are no longer retried; returns how many."""
    old = delete(ProviderEvent).where(ProviderEvent.taken_at < clock.now() - KEPT)
    return int(db.session.execute(old).rowcount)  # type: ignore[attr-defined]


def _references(data: dict[str, Any]) -> tuple[str, ...]:
    values = [data.get("message_id")]
    headers = data.get("headers")
    for header in headers if isinstance(headers, list) else []:
        if str(_mapping(header).get("name")).lower() in ("message-id", HEADER.lower()):
            values.append(header.get("value"))
    texts = [value.strip(" <>") for value in values if isinstance(value, str)]
    valid = [f"<{text}>" for text in texts if text.isascii() and text.isprintable()]
    return tuple(valid[: bounces.MOST_REFERENCES])


def _recipient(
    data: dict[str, Any], for_good: bool, words: str, fault: Fault | None = None
) -> Recipient:
    to = data.get("to")
    texts = [text for text in to if isinstance(text, str)] if isinstance(to, list) else []
    return Recipient(tuple(parseaddr(text)[1] for text in texts), for_good, words, fault=fault)


def _verdict(details: dict[str, Any]) -> Fault | None:
    """That nobody has the address, where Resend's word "Permanent" is all there is.

    It then comes of Amazon SES, which means by it that the address is to be mailed no more. None:
    the server's own words are there, or Resend's tell of something else.
    """
    said = bounce_reading.classify("", _words(details)).cause is not Cause.UNCLEAR
    return None if said or details.get("diagnosticCode") else Fault(Cause.NO_MAILBOX)


def _fault(words: str) -> Fault:
    """Why Resend sent nothing: a limit of the account's, or something that its words may tell."""
    fault = bounce_reading.classify("", words)
    return Fault(fault.cause if fault.blame is Blame.SENDER else Cause.PROVIDER, gave_up=True)


def _words(details: dict[str, Any]) -> str:
    """The server's own words where Resend has them, else Resend's."""
    codes = details.get("diagnosticCode")
    code = codes[0] if isinstance(codes, list) and codes else codes
    words = details.get("message") or details.get("reason")
    if isinstance(code, str):
        words = code.partition(";")[2] or code
    return words.strip() if isinstance(words, str) else marked("No reason was given.")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
