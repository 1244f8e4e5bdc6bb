"""Requests."""

from __future__ import annotations

from jobs import in_app
from webapp.domain.requests import telling


@in_app
def run() -> None:
    """Put new requests on record, end those that lapsed, and tell those who decide."""
    telling.run()
