"""The outbox."""

from __future__ import annotations

from jobs import in_app
from webapp.domain import outbox


@in_app
def drain() -> None:
    """Send the mails that are due."""
    outbox.drain()
