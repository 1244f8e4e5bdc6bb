"""Untrusted values from addresses."""

from __future__ import annotations

import re

_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")


def own_path(text: str | None) -> str | None:
    """The text if it is a path on this host and nothing else, whatever the notation."""
    if text and len(text) <= 2000 and _OWN_PATH.fullmatch(text):
        return text
    return None


def row_id(text: str | None) -> int:
    """A row's id from an address's query; 0 for anything else."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
