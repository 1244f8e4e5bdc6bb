"""Webhooks that wait."""

from __future__ import annotations

from jobs import in_app
from webapp.domain import webhook_outbox


@in_app
def send() -> None:
    """Tell them."""
    webhook_outbox.send()
