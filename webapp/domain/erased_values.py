"""What replaces an erased value."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import Any

NOTHING = "erased"
_FORM = re.compile(r"erased(-[0-9a-f]{12})?")


def pseudonym(key: bytes, email_key: str) -> str:
    """A name for the owner of this address: HMAC-SHA256 (RFC 2104), cut to 48 bits.

    Without the key it neither leads back to the address nor confirms a guess.
    """
    return f"{NOTHING}-{hmac.digest(key, email_key.encode(), 'sha256').hex()[:12]}"


def in_place_of(pseudonym: str, email_key: str) -> str:
    """The pseudonym as an address's key; the domain stays, because reports count by it."""
    return f"{pseudonym}@{email_key.rpartition('@')[2]}"


def are_all(values: Mapping[str, Any]) -> bool:
    """Whether all of these values are erased or empty."""
    return all(v is None or (isinstance(v, str) and _FORM.fullmatch(v)) for v in values.values())
