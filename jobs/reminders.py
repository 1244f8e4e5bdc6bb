"""Invited people whose link ends soon."""

from __future__ import annotations

from jobs import in_app
from webapp.domain.invitations import reminders


@in_app
def send_due() -> None:
    """Remind them, once."""
    reminders.send_due()
