"""Addresses that name a kept form (`?kept=17`)."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from webapp.web.paths import of_address, row_id

NONE = 0  # the form that was sent is not kept

_KEPT = re.compile(r"([?&])kept=[^&]*(?:&|$)")


def naming(address: str, form_id: int) -> str:
    """The address with the kept form's id."""
    return f"{address}{'&' if '?' in address else '?'}kept={form_id}"


def named_in(address: str) -> int | None:
    """The kept form's id in an address; None if there is none."""
    values = parse_qs(of_address(address).partition("?")[2]).get("kept")
    return row_id(values[0]) if values else None


def without(address: str) -> str:
    """The address without a kept form's id."""
    return _KEPT.sub(lambda m: m[1], address).rstrip("?&")
