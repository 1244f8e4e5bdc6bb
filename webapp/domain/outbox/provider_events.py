"""What Resend tells us of a mail: that it came back, or that it was called unwanted."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from sqlalchemy import delete

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import upkeep
from webapp.domain.outbox import bounces
from webapp.domain.outbox.bounces import Answer, Reference
from webapp.domain.outbox.delivery_reports import Recipient
from webapp.models import Delivery, ProviderEvent
from webapp.upserts import upsert

# Sent with every mail and given back in data.headers: a relay of Resend's may write a Message-ID
# of its own, and nothing else of an SMTP message comes back.
HEADER = "X-Entity-Ref-ID"
KEPT = timedelta(days=7)  # Resend tries again for a day and a half; older ones are not taken


def headers(delivery: Delivery) -> tuple[tuple[str, str], ...]:
    """By what the provider's events name the mail again."""
    return ((HEADER, delivery.message_id),)


@transaction()
def take(event_id: str, event: Any) -> Answer:
    """Do what a signed event asks for, once: its id and its effects are written together.

    `email.bounced` that is permanent and `email.suppressed` (refused there because of earlier
    bounces) are bounces; `email.complained` ends this organization's mail; all others are nothing.
    """
    if not _is_new(event_id):
        return Answer.KNOWN
    event = _mapping(event)
    return _act(event.get("type"), _mapping(event.get("data")))


def _is_new(event_id: str) -> bool:
    """Whether nobody has taken the event yet; from now on somebody has."""
    taken = {"id": event_id[:100], "taken_at": clock.now()}
    return upsert(ProviderEvent, taken, returning=[ProviderEvent.id]).first() is not None


def _act(kind: Any, data: dict[str, Any]) -> Answer:
    reference = Reference(message_ids=_references(data))
    match kind:
        case "email.bounced":
            bounced = _mapping(data.get("bounce"))
            for_good = bounced.get("type") == "Permanent"
            return bounces.bounce(reference, _recipients(data, for_good, _words(bounced)))
        case "email.suppressed":
            words = _words(_mapping(data.get("suppressed")))
            return bounces.bounce(reference, _recipients(data, True, words))
        case "email.complained":
            return bounces.complain(reference, _recipients(data, False, ""))
    return Answer.NOT_FAILED


@upkeep.forgets
@transaction()
def forget() -> int:
    """Drop the ids of events that no longer come again; returns how many."""
    old = delete(ProviderEvent).where(ProviderEvent.taken_at < clock.now() - KEPT)
    return int(db.session.execute(old).rowcount)  # type: ignore[attr-defined]


def _references(data: dict[str, Any]) -> tuple[str, ...]:
    found = [data.get("message_id")]
    headers = data.get("headers")
    for header in headers if isinstance(headers, list) else []:
        if str(_mapping(header).get("name")).lower() in ("message-id", HEADER.lower()):
            found.append(header.get("value"))
    texts = [one.strip(" <>") for one in found if isinstance(one, str)]
    sound = [f"<{text}>" for text in texts if text.isascii() and text.isprintable()]
    return tuple(sound[: bounces.MOST_REFERENCES])


def _recipients(data: dict[str, Any], for_good: bool, words: str) -> list[Recipient]:
    to = data.get("to")
    texts = [one for one in to if isinstance(one, str)] if isinstance(to, list) else []
    return [Recipient(tuple(parseaddr(text)[1] for text in texts), for_good, words)]


def _words(told: dict[str, Any]) -> str:
    """The server's own words where Resend has them, else Resend's."""
    codes = told.get("diagnosticCode")
    code = codes[0] if isinstance(codes, list) and codes else codes
    words = code.partition(";")[2] or code if isinstance(code, str) else told.get("message")
    return words.strip() if isinstance(words, str) else "No reason was given."


def _mapping(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}
