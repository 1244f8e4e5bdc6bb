"""Mail that anybody may have sent, taken apart in bounded time and without an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32

from webapp.smtp import clean

MOST = 256 * 1024  # octets that are read; our mails take 10 kB, and servers append them
LONGEST_HEADER = 2000
BOUNDARIES = 20  # the parser's time grows with lines times nesting

# Headers in which servers name the address that a report was sent to.
_TO = ("Delivered-To", "X-Original-To", "X-Envelope-To", "Envelope-To", "To")
_BOUNDARY = re.compile(rb"boundary[^\n]{0,8}=", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")


class Bounded(Compat32):
    """Cuts long headers: reading their parameters takes quadratic time."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER]


def parse(raw: bytes) -> Message | None:
    """The message, unless reading it could take long or fails."""
    raw = raw[:MOST]
    if len(_BOUNDARY.findall(raw)) > BOUNDARIES:
        return None
    try:
        return BytesParser(policy=Bounded()).parsebytes(raw)
    except Exception:
        # The parser should raise nothing, but over the years it has raised all kinds of errors.
        return None


def came_to(mail: Message) -> tuple[str, ...]:
    """The addresses that the message was sent to, as far as its headers name them."""
    to = " ".join(str(value) for name in _TO for value in mail.get_all(name, []))
    return tuple(_ADDRESS.findall(to))


def parts(mail: Message) -> Iterator[Message]:
    """The parts of the report itself, not of the mail that it returns."""
    for part in children(mail):
        yield part
        yield from parts(part)


def children(mail: Message) -> Iterator[Message]:
    """The parts of a multipart, and of nothing else."""
    if mail.get_content_maintype() == "multipart" and mail.is_multipart():
        yield from (part for part in mail.get_payload() if isinstance(part, Message))


def value(block: Message, name: str) -> str:
    """A field as one clean line of text; empty when it is missing."""
    return clean(str(block.get(name, "")), LONGEST_HEADER)
