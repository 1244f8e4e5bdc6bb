"""Reminders."""

from __future__ import annotations

from jobs import in_app
from webapp.domain.invitations import reminders
from webapp.domain.members import end_notices


@in_app
def send_due() -> None:
    """Remind invited people whose link expires soon, once."""
    reminders.send_due()


@in_app
def announce_ends() -> None:
    """Tell members and sponsors that access ends in 7 days, and in 1 day."""
    end_notices.send_due()
