"""Webhooks."""

from __future__ import annotations

from jobs import in_app
from webapp.domain.webhooks import sending


@in_app
def send() -> None:
    """Send the deliveries that are due."""
    sending.send()
