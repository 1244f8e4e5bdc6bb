"""Reading a mail server's report about an undelivered mail (RFC 3464, 3463, 6522, 6533).

Anybody can send one: any bytes give a report or None, in bounded time, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser, HeaderParser
from email.policy import Compat32
from itertools import islice
from typing import Any

from webapp.smtp import clean

MOST = 256 * 1024  # octets that are read; our mails take 10 kB, and servers append them
LONGEST_HEADER = 2000
BOUNDARIES = 20  # the parser's time grows with lines times nesting
GROUPS = 100  # groups of fields, one per recipient

_STATUS = {"message/delivery-status", "message/global-delivery-status"}
_RETURNED = {
    *("message/rfc822", "text/rfc822-headers"),
    *("message/global", "message/global-headers"),
}
# Headers in which servers name the address that a report was sent to.
_TO = ("Delivered-To", "X-Original-To", "X-Envelope-To", "Envelope-To", "To")
_BOUNDARY = re.compile(rb"boundary[^\n]{0,8}=", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_CLASS_5 = re.compile(r"5\.\d{1,3}\.\d{1,3}(?!\d)")  # RFC 3463 §2: permanent
_UTF8 = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")  # RFC 6533 §3


@dataclass(frozen=True, slots=True)
class Recipient:
    """The mail's outcome for one recipient, by the original and the final address."""

    addresses: tuple[str, ...]
    failed_for_good: bool
    words: str


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One report: the mail it is about, where it was sent to, and each recipient's outcome."""

    message_ids: tuple[str, ...]
    came_to: tuple[str, ...]
    recipients: tuple[Recipient, ...]


def read(raw: bytes) -> DeliveryReport | None:
    """The report in these bytes; None for anything else: a reply, an advertisement, noise."""
    raw = raw[:MOST]
    if len(_BOUNDARY.findall(raw)) > BOUNDARIES:
        return None
    try:
        return _read(BytesParser(policy=_Bounded()).parsebytes(raw))
    except Exception:
        # The parser should raise nothing, but over the years it has raised all kinds of errors.
        return None


def _read(mail: Message) -> DeliveryReport | None:
    recipients: list[Recipient] = []
    message_ids: list[str] = []
    if mail.get_content_type() != "multipart/report":
        return None
    for part in _parts(mail):
        kind = part.get_content_type()
        if kind in _STATUS:
            recipients += filter(None, map(_recipient, islice(_blocks(part), GROUPS)))
        elif kind in _RETURNED:
            message_ids += _MESSAGE_ID.findall(_value(_headers(part), "Message-ID"))
    if not recipients:
        return None
    to = " ".join(str(value) for name in _TO for value in mail.get_all(name, []))
    return DeliveryReport(tuple(message_ids), tuple(_ADDRESS.findall(to)), tuple(recipients))


class _Bounded(Compat32):
    """Cuts long headers: reading their parameters takes quadratic time."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER]


def _parts(mail: Message) -> Iterator[Message]:
    """The parts of the report itself, not of the mail that it returns."""
    for part in mail.get_payload() if mail.is_multipart() else ():
        if isinstance(part, Message):
            yield part
            if part.get_content_maintype() == "multipart":
                yield from _parts(part)


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields of a delivery-status part (RFC 3464 §2.1)."""
    for block in part.get_payload() if part.is_multipart() else ():
        yield block  # type: ignore[misc]  # a multipart's payload is its messages
        # For other message types the parser takes the first group for the headers of a mail.
        rest = block.get_payload()  # type: ignore[union-attr]
        if isinstance(rest, str):
            yield from map(HeaderParser(policy=_Bounded()).parsestr, re.split(r"\r?\n\r?\n", rest))


def _headers(part: Message) -> Message:
    """The headers of the returned mail, whether returned whole, as text or encoded."""
    inner: Any = part.get_payload()
    returned = inner[0] if part.is_multipart() else None
    if isinstance(returned, Message) and returned.keys():
        return returned
    encoded = Message()
    encoded["Content-Transfer-Encoding"] = _value(part, "Content-Transfer-Encoding") or "7bit"
    encoded.set_payload(returned.get_payload() if isinstance(returned, Message) else inner)
    text = encoded.get_payload(decode=True)
    return BytesParser(policy=_Bounded()).parsebytes(
        text.lstrip() if isinstance(text, bytes) else b"", headersonly=True
    )


def _recipient(block: Message) -> Recipient | None:
    names = ("Original-Recipient", "Final-Recipient")
    addresses = [_address(_value(block, name)) for name in names]
    if not any(addresses):
        return None  # this group is about the whole message
    status = _value(block, "Status")
    failed = _value(block, "Action").partition(" ")[0].lower() == "failed"
    diagnosis = _value(block, "Diagnostic-Code")
    words = diagnosis.partition(";")[2] if ";" in diagnosis else diagnosis
    return Recipient(
        tuple(filter(None, addresses)),
        failed and bool(_CLASS_5.match(status)),
        words.strip() or status,
    )


def _address(value: str) -> str:
    """The address in "rfc822; bo@example.org" (RFC 3464 §2.3.2), or in RFC 6533's "utf-8; …"."""
    kind, _, address = value.rpartition(";")
    if kind.strip().lower() == "utf-8":
        address = _UTF8.sub(lambda match: _character(int(match[1], 16)), address)
    return address.split("(")[0].strip(" <>\t")


def _character(code: int) -> str:
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _value(block: Message, name: str) -> str:
    """A field as one clean line of text; empty when it is missing."""
    return clean(str(block.get(name, "")), LONGEST_HEADER)
