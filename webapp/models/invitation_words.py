"""What the search finds an invitation by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def words_of(columns: Mapping[str, Any]) -> str:
    """The words that the search finds an invitation by: its address, its key, and its name."""
    words = [columns["email"], columns["email_key"], columns.get("name") or ""]
    return " ".join(dict.fromkeys(word.casefold() for word in words if word))
