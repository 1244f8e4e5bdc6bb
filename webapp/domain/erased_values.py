"""What stands in place of a value that was erased."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import Any

NOTHING = "erased"
_FORM = re.compile(r"erased(-[0-9a-f]{12})?")


def pseudonym(key: bytes, email_key: str) -> str:
    """A name for whoever has this address: HMAC-SHA256 (RFC 2104), cut to 48 bits.

    Without the key nothing leads from it to the address, nor shows whether a guess is right.
    """
    return f"{NOTHING}-{hmac.digest(key, email_key.encode(), 'sha256').hex()[:12]}"


def in_place_of(pseudonym: str, email_key: str) -> str:
    """The pseudonym as a key of an address: its domain stays, by which reports count."""
    return f"{pseudonym}@{email_key.rpartition('@')[2]}"


def are_all(values: Mapping[str, Any]) -> bool:
    """Whether nothing of these is anybody's any more."""
    return all(v is None or (isinstance(v, str) and _FORM.fullmatch(v)) for v in values.values())
