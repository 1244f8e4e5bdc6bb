"""Resend's events about a mail: that it bounced, or that it was reported as spam."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from sqlalchemy import delete

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import upkeep
from webapp.domain.outbox import bounces
from webapp.domain.outbox.bounces import BounceOutcome, Reference
from webapp.domain.outbox.delivery_reports import Recipient
from webapp.models import Delivery, ProviderEvent
from webapp.upserts import upsert

# Sent with every mail and returned in data.headers: Resend's relay may replace the Message-ID, and
# returns nothing else of an SMTP message.
HEADER = "X-Entity-Ref-ID"
KEPT = timedelta(days=7)  # Resend retries for a day and a half; older events are refused


def headers(delivery: Delivery) -> tuple[tuple[str, str], ...]:
    """The header by which the provider's events refer to the mail."""
    return ((HEADER, delivery.message_id),)


@transaction()
def take(event_id: str, event: Any) -> BounceOutcome:
    """Handle a signed event once: its id and its effects are written together.

    A permanent `email.bounced` and `email.suppressed` (refused by Resend because of earlier
    bounces) are bounces; `email.complained` ends this organization's mail; others are ignored.
    """
    if not _is_new(event_id):
        return BounceOutcome.KNOWN
    event = _mapping(event)
    return _act(event.get("type"), _mapping(event.get("data")))


def _is_new(event_id: str) -> bool:
    """Whether the event is new; marks it as taken."""
    taken = {"id": event_id[:100], "taken_at": clock.now()}
    return upsert(ProviderEvent, taken, returning=[ProviderEvent.id]).first() is not None


def _act(kind: Any, data: dict[str, Any]) -> BounceOutcome:
    reference = Reference(message_ids=_references(data))
    match kind:
        case "email.bounced":
            details = _mapping(data.get("bounce"))
            for_good = details.get("type") == "Permanent"
            return bounces.bounce(reference, _recipients(data, for_good, _words(details)))
        case "email.suppressed":
            words = _words(_mapping(data.get("suppressed")))
            return bounces.bounce(reference, _recipients(data, True, words))
        case "email.complained":
            return bounces.complain(reference, _recipients(data, False, ""))
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


def _recipients(data: dict[str, Any], for_good: bool, words: str) -> list[Recipient]:
    to = data.get("to")
    texts = [text for text in to if isinstance(text, str)] if isinstance(to, list) else []
    return [Recipient(tuple(parseaddr(text)[1] for text in texts), for_good, words)]


def _words(details: dict[str, Any]) -> str:
    """The server's own words where Resend has them, else Resend's."""
    codes = details.get("diagnosticCode")
    code = codes[0] if isinstance(codes, list) and codes else codes
    words = code.partition(";")[2] or code if isinstance(code, str) else details.get("message")
    return words.strip() if isinstance(words, str) else "No reason was given."


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
