"""What the rooms of the rules declare, by name: written here once more, so that none gets lost."""

from __future__ import annotations

MAIL_KINDS = (
    *("invitation", "resend", "reminder", "renewal"),
    *("confirmation", "reset", "notice"),
    *("welcome", "test", "webhook"),
)
