"""Mails that wait."""

from __future__ import annotations

from jobs import in_app
from webapp.domain import outbox


@in_app
def drain() -> None:
    """Send what is due."""
    outbox.drain()
