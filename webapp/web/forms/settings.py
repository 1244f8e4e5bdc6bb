"""Forms of an organization's settings; the domain checks what is typed."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import ValidationError

from webapp.domain.organizations import settings
from webapp.models import Organization
from webapp.web.forms import Choice, whole
from webapp.web.forms.editing import EditingForm


class TeamForm(EditingForm):
    """The organization's name, and whether members need a second factor."""

    name = StringField("Name of the organization")
    requires_second_factor = BooleanField("Every member needs a second factor")

    @staticmethod
    def facts_of(row: Organization) -> dict[str, Any]:
        """What the form shows of an organization."""
        return {"name": row.name, "requires_second_factor": row.requires_second_factor}


class InvitationsForm(EditingForm):
    """How long links are good, who may be invited, and when addresses are erased."""

    expiry_days = StringField("Days that a link is good for")
    allowed_domains = TextAreaField("Domains that may be invited")
    retention_days = Choice("Erase addresses of ended invitations", coerce=whole)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = settings.RETENTION_DAYS
        choices = [(n, f"{n} days after the end") for n in days]
        self.retention_days.choices = [(0, "Never"), *choices]

    @staticmethod
    def facts_of(row: Organization) -> dict[str, Any]:
        """What the form shows of an organization."""
        return {
            "expiry_days": str(row.expiry_days) if row.expiry_days else "",
            "allowed_domains": "\n".join(row.domains),
            "retention_days": row.retention_days or 0,
        }

    def validate_expiry_days(self, field: StringField) -> None:
        """Refuse anything that is not a number of days; empty is allowed."""
        text = (field.data or "").strip()
        if text and not (text.isascii() and text.isdigit() and len(text) < 4):
            raise ValidationError("Enter a number of days from 1 to 30.")

    @property
    def days(self) -> int | None:
        """The days that were typed, or None."""
        text = (self.expiry_days.data or "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


class EmailForm(EditingForm):
    """Reminders, and who gets replies to mails."""

    reminders = BooleanField("Remind people once before their link ends")
    reminder_hours = Choice("Time of the reminder", coerce=whole)
    reply_to_inviter = BooleanField("Answers go to whoever invited")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hours = settings.REMINDER_HOURS
        self.reminder_hours.choices = [(n, f"{n} hours before") for n in hours]

    @staticmethod
    def facts_of(row: Organization) -> dict[str, Any]:
        """What the form shows of an organization."""
        names = ("reminders", "reminder_hours", "reply_to_inviter")
        return {name: getattr(row, name) for name in names}
