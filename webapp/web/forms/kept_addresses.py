"""Addresses that name a kept form (`?kept=17`)."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from webapp.web.paths import row_id

NONE = 0  # the form that was sent is not kept

_ASKED = re.compile(r"([?&])kept=[^&]*(?:&|$)")


def naming(address: str, form_id: int) -> str:
    """The address, with the form that it names."""
    return f"{address}{'&' if '?' in address else '?'}kept={form_id}"


def named_in(address: str) -> int | None:
    """The number of the form that an address names; None if it names none."""
    asked = parse_qs(urlsplit(address).query).get("kept")
    return row_id(asked[0]) if asked else None


def without(address: str) -> str:
    """The address without the form that it names."""
    return _ASKED.sub(lambda m: m[1], address).rstrip("?&")
