"""Untrusted values from addresses."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

from werkzeug.datastructures import MultiDict

_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")


def own_path(text: str | None) -> str | None:
    """The text if it is a path on this host and nothing else, whatever the notation."""
    if text and len(text) <= 2000 and _OWN_PATH.fullmatch(text):
        return text
    return None


def of_address(address: str) -> str:
    """The path and query of an address that a browser sent; empty if it is none at all."""
    try:
        parts = urlsplit(address)
    except ValueError:  # such as http://[broken
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def without_empty(path: str, query: MultiDict[str, str]) -> str | None:
    """The address without parameters that say nothing (?q=&delivery=); None if there are none."""
    said = [(name, value) for name, value in query.items(multi=True) if value]
    if len(said) == sum(map(len, query.listvalues())):
        return None
    return f"{path}?{urlencode(said)}" if said else path


def row_id(text: str | None) -> int:
    """A row's id from an address's query; 0 for anything else."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
