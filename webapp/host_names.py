"""The one spelling of a host's name: lower case, and in ASCII as DNS and proxies have it."""

from __future__ import annotations

import re

import idna

_NAME = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
# What the URL standard reads as an IPv4 address: decimal, octal or hexadecimal.
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
MOST = 253


def ascii_name(text: str) -> str:
    """The name in its one spelling; raises ValueError when it is none."""
    try:
        name = idna.encode(text.removesuffix("."), uts46=True, std3_rules=False).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise ValueError(text) from None
    if is_number(name):
        return name
    if not _NAME.fullmatch(name) or len(name) > MOST:
        raise ValueError(text)
    return name


def is_number(name: str) -> bool:
    """Whether browsers would read the name as an IP address in an unusual notation."""
    return _NUMBER.fullmatch(name.rpartition(".")[2]) is not None
