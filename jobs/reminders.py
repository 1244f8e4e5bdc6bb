"""Reminders."""

from __future__ import annotations

from jobs import in_app
from webapp.domain.invitations import reminders


@in_app
def send_due() -> None:
    """Remind invited people whose link expires soon, once."""
    reminders.send_due()
