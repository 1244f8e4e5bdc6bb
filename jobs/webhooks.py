"""Webhooks that wait."""

from __future__ import annotations

from jobs import in_app
from webapp.domain.webhooks import sending


@in_app
def send() -> None:
    """Tell them."""
    sending.send()
