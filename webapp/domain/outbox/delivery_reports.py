"""What a mail server's report says of a mail that did not arrive (RFC 3464, 3463, 6522, 6533).

Reports come from anybody: any bytes give a report or None, in bounded time, never an error.
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

MOST = 256 * 1024  # octets that are read; our mails have 10 kB, and servers return them last
LONGEST_HEADER = 2000
BOUNDARIES = 20  # a parser's time grows with lines times nesting
GROUPS = 100  # of fields, each about one recipient

_STATUS = {"message/delivery-status", "message/global-delivery-status"}
_RETURNED = {
    *("message/rfc822", "text/rfc822-headers"),
    *("message/global", "message/global-headers"),
}
# Where servers write for whom a report came in.
_TO = ("Delivered-To", "X-Original-To", "X-Envelope-To", "Envelope-To", "To")
_BOUNDARY = re.compile(rb"boundary[^\n]{0,8}=", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_CLASS_5 = re.compile(r"5\.\d{1,3}\.\d{1,3}(?!\d)")  # RFC 3463 §2: permanent
_UTF8 = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")  # RFC 6533 §3


@dataclass(frozen=True, slots=True)
class Recipient:
    """What became of the mail for one recipient: as we wrote to them, and as it ended."""

    addresses: tuple[str, ...]
    failed_for_good: bool
    words: str


@dataclass(frozen=True, slots=True)
class Report:
    """One report: which mail it is about, for whom it came in, what became of each recipient."""

    message_ids: tuple[str, ...]
    came_to: tuple[str, ...]
    recipients: tuple[Recipient, ...]


def read(raw: bytes) -> Report | None:
    """The report in these bytes; None when they are none: an answer, an advertisement, noise."""
    raw = raw[:MOST]
    if len(_BOUNDARY.findall(raw)) > BOUNDARIES:
        return None
    try:
        return _read(BytesParser(policy=_Bounded()).parsebytes(raw))
    except Exception:
        # The parser promises to raise nothing; over the years it has raised most things.
        return None


def _read(mail: Message) -> Report | None:
    status: list[Recipient] = []
    message_ids: list[str] = []
    if mail.get_content_type() != "multipart/report":
        return None
    for part in _parts(mail):
        kind = part.get_content_type()
        if kind in _STATUS:
            status += filter(None, map(_recipient, islice(_blocks(part), GROUPS)))
        elif kind in _RETURNED:
            message_ids += _MESSAGE_ID.findall(_value(_headers(part), "Message-ID"))
    if not status:
        return None
    to = " ".join(str(value) for name in _TO for value in mail.get_all(name, []))
    return Report(tuple(message_ids), tuple(_ADDRESS.findall(to)), tuple(status))


class _Bounded(Compat32):
    """Cuts long headers: reading their parameters takes the square of their length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER]


def _parts(mail: Message) -> Iterator[Message]:
    """The parts of the report itself, not those of the mail that it returns."""
    for part in mail.get_payload() if mail.is_multipart() else ():
        if isinstance(part, Message):
            yield part
            if part.get_content_maintype() == "multipart":
                yield from _parts(part)


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields of a delivery-status part (RFC 3464 §2.1)."""
    for block in part.get_payload() if part.is_multipart() else ():
        yield block  # type: ignore[misc]  # a multipart's payload is its messages
        # Of other message types the parser takes the first group for the headers of a mail.
        rest = block.get_payload()  # type: ignore[union-attr]
        if isinstance(rest, str):
            yield from map(HeaderParser(policy=_Bounded()).parsestr, re.split(r"\r?\n\r?\n", rest))


def _headers(part: Message) -> Message:
    """The headers of the returned mail, whether it came whole, as text, or encoded."""
    inner: Any = part.get_payload()
    found = inner[0] if part.is_multipart() else None
    if isinstance(found, Message) and found.keys():
        return found
    coded = Message()
    coded["Content-Transfer-Encoding"] = _value(part, "Content-Transfer-Encoding") or "7bit"
    coded.set_payload(found.get_payload() if isinstance(found, Message) else inner)
    text = coded.get_payload(decode=True)
    return BytesParser(policy=_Bounded()).parsebytes(
        text.lstrip() if isinstance(text, bytes) else b"", headersonly=True
    )


def _recipient(block: Message) -> Recipient | None:
    addresses = [_typed(_value(block, n)) for n in ("Original-Recipient", "Final-Recipient")]
    if not any(addresses):
        return None  # the fields about the whole message
    status = _value(block, "Status")
    failed = _value(block, "Action").partition(" ")[0].lower() == "failed"
    diagnosis = _value(block, "Diagnostic-Code")
    words = diagnosis.partition(";")[2] if ";" in diagnosis else diagnosis
    return Recipient(
        tuple(filter(None, addresses)),
        failed and bool(_CLASS_5.match(status)),
        words.strip() or status,
    )


def _typed(value: str) -> str:
    """The address in "rfc822; bo@example.org" (RFC 3464 §2.3.2), or in RFC 6533's "utf-8; …"."""
    kind, _, address = value.rpartition(";")
    if kind.strip().lower() == "utf-8":
        address = _UTF8.sub(lambda found: _letter(int(found[1], 16)), address)
    return address.split("(")[0].strip(" <>\t")


def _letter(code: int) -> str:
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _value(block: Message, name: str) -> str:
    """A field as one line of text, without comments of the parser's own; empty when missing."""
    return clean(str(block.get(name, "")), LONGEST_HEADER)
