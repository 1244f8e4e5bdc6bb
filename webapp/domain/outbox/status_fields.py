"""The fields of a delivery-status part, as RFC 3464 has them and as servers write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from webapp.domain.outbox.incoming import LONGEST_HEADER
from webapp.smtp import clean

_UTF8 = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")  # RFC 6533 §3
# With blanks before the colon (RFC 5322 §4.5), and only by names that a report has: a text that
# goes on without indentation is full of words with a colon.
_FIELD = re.compile(
    r"((?:original|final)-recipient|action|status|diagnostic-code|(?:remote|reporting|received-from)"
    r"-mta|(?:last-attempt|arrival)-date|will-retry-until|final-log-id|x-[\w-]{1,60})[ \t]*:(.*)",
    re.IGNORECASE,
)


def groups(part: Message) -> Iterator[dict[str, str]]:
    """The groups of fields of a delivery-status part (RFC 3464 §2.1)."""
    for block in part.get_payload() if part.is_multipart() else ():
        assert isinstance(block, Message)  # noqa: S101 - a multipart's payload is its messages
        first, *others = re.split(r"\r?\n[ \t]*\r?\n", _text(block))
        yield _fields(block, first)
        # For other message types the parser takes the first group for the headers of a mail.
        yield from (_fields(Message(), text) for text in others)


def _text(block: Message) -> str:
    """What the parser has not taken for fields: it stops at the first line that is none."""
    rest = block.get_payload()
    is_next_group = block.keys() and not block.defects
    return ("\n\n" if is_next_group else "") + rest if isinstance(rest, str) else ""


def _fields(block: Message, text: str) -> dict[str, str]:
    """One group of fields by name, each as one line, with lines that are no fields added."""
    found = [(name.strip().lower(), [str(value)]) for name, value in block.items()]
    for line in text.splitlines():
        if field := _FIELD.match(line):
            found.append((field[1].lower(), [field[2]]))
        elif found and len(found[-1][1]) < LONGEST_HEADER:
            found[-1][1].append(line)
    return {name: clean(" ".join(lines), LONGEST_HEADER) for name, lines in reversed(found)}


def address_of(value: str) -> str:
    """The address in "rfc822; bo@example.org" (RFC 3464 §2.3.2), or in RFC 6533's "utf-8; …"."""
    kind, _, address = value.rpartition(";")
    if kind.strip().lower() == "utf-8":
        address = _UTF8.sub(lambda match: _character(int(match[1], 16)), address)
    return address.split("(")[0].strip(" <>\t")


def _character(code: int) -> str:
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
