"""Reading a mail server's report about an undelivered mail (RFC 3464, 3463, 6522, 6533).

Anybody can send one: any bytes give a report or None, in bounded time, never an error. Servers
write reports more loosely than the RFCs have them, so they are read as loosely.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from itertools import islice
from typing import Any

from webapp.domain.deliverability.faults import Fault
from webapp.domain.outbox import incoming, status_fields
from webapp.domain.outbox.incoming import BOUNDARIES, MOST, Bounded

__all__ = ["BOUNDARIES", "MOST", "DeliveryReport", "Recipient", "of", "read"]

GROUPS = 100  # groups of fields, one per recipient

_STATUS = {"message/delivery-status", "message/global-delivery-status"}
_RETURNED = {
    *("message/rfc822", "text/rfc822-headers"),
    *("message/global", "message/global-headers"),
}
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_CLASS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?!\d)|([245])\d\d(?!\d)")  # RFC 3463 §2, RFC 5321
_CLASS_WITHIN = re.compile(r"(?<![\d.])(?:([45])\.\d{1,3}\.\d{1,3}(?!\.?\d)|([45])\d\d(?=[ -]))")


@dataclass(frozen=True, slots=True)
class Recipient:
    """The mail's outcome for one recipient, by the original and the final address.

    It has failed for good too when a server gave up after temporary errors. `fault` is the reason
    where whoever reports it says so; else it follows from the status and the words.
    """

    addresses: tuple[str, ...]
    failed_for_good: bool
    words: str
    status: str = ""
    host: str = ""  # the server that said so
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One report: the mail it is about, where it was sent to, and each recipient's outcome."""

    message_ids: tuple[str, ...]
    came_to: tuple[str, ...]
    recipients: tuple[Recipient, ...]


def read(raw: bytes) -> DeliveryReport | None:
    """The report in these bytes; None for anything else: a reply, an advertisement, noise."""
    mail = incoming.parse(raw)
    return None if mail is None else of(mail)


def of(mail: Message) -> DeliveryReport | None:
    """The report in a message that has been taken apart."""
    try:
        return _read(mail)
    except Exception:  # as in `parse`
        return None


def _read(mail: Message) -> DeliveryReport | None:
    report = _report(mail)
    recipients: list[Recipient] = []
    message_ids: list[str] = []
    for part in incoming.parts(report) if report is not None else ():
        kind = part.get_content_type()
        if kind in _STATUS:
            recipients += filter(None, map(_recipient, islice(status_fields.groups(part), GROUPS)))
        elif kind in _RETURNED:
            message_ids += _MESSAGE_ID.findall(incoming.value(_headers(part), "Message-ID"))
    if not recipients:
        return None
    return DeliveryReport(tuple(message_ids), incoming.came_to(mail), tuple(recipients))


def _report(mail: Message) -> Message | None:
    """The part that is the report: the message itself, or what a gateway or list put around it.

    A multipart of another name counts when its parts are those of a report (OpenSMTPD): words for
    people, then the status. What was returned or passed on is not looked into.
    """
    inside = list(incoming.children(mail))
    kinds = [part.get_content_type() for part in inside]
    if mail.get_content_type() == "multipart/report":
        return mail
    if _STATUS & set(kinds[1:]) and kinds[0] in ("text/plain", "multipart/alternative"):
        return mail
    return next(filter(None, map(_report, inside)), None)


def _headers(part: Message) -> Message:
    """The headers of the returned mail, whether returned whole, as text or encoded."""
    inner: Any = part.get_payload()
    returned = inner[0] if part.is_multipart() else None
    if isinstance(returned, Message) and returned.keys():
        return returned
    encoded = Message()
    encoded["Content-Transfer-Encoding"] = (
        incoming.value(part, "Content-Transfer-Encoding") or "7bit"
    )
    encoded.set_payload(returned.get_payload() if isinstance(returned, Message) else inner)
    text = encoded.get_payload(decode=True)
    return BytesParser(policy=Bounded()).parsebytes(
        text.lstrip() if isinstance(text, bytes) else b"", headersonly=True
    )


def _recipient(fields: dict[str, str]) -> Recipient | None:
    names = ("original-recipient", "final-recipient")
    addresses = [status_fields.address_of(fields.get(name, "")) for name in names]
    if not any(addresses):
        return None  # this group is about the whole message
    status, diagnosis = fields.get("status", ""), fields.get("diagnostic-code", "")
    action = re.match(r"fail|error", fields.get("action", ""), re.IGNORECASE)
    words = diagnosis.partition(";")[2] if ";" in diagnosis else diagnosis
    return Recipient(
        tuple(filter(None, addresses)),
        bool(action) and _class(status, words) != "2",
        words.strip() or status,
        status,
        fields.get("remote-mta", "").rpartition(";")[2].strip(),
    )


def _class(status: str, words: str) -> str:
    """RFC 3463's class; where the status has none, that of the server's answer."""
    found = _CLASS.match(status.strip()) or _CLASS_WITHIN.search(words)
    return found[1] or found[2] if found else ""
