"""Forms of an organization's settings; the domain checks what is typed."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.validators import ValidationError

from webapp.domain.organizations import colors, settings
from webapp.languages import CHOICES, gettext, ngettext
from webapp.languages import marked as _
from webapp.models import Organization
from webapp.web.forms import Choice, Form, whole
from webapp.web.forms.editing import EditingForm


def _colors() -> dict[str, str]:
    return {name: gettext(color.name) for name, color in colors.COLORS.items()}


class TeamForm(EditingForm):
    """The organization's name and color, and whether members need a second factor."""

    name = StringField(_("Name of the organization"))
    color = RadioField(_("Color"), choices=_colors, validate_choice=False)  # the domain refuses
    requires_second_factor = BooleanField(_("Require a second factor for every member"))

    @staticmethod
    def facts_of(row: Organization) -> dict[str, Any]:
        """What the form shows of an organization."""
        return {name: getattr(row, name) for name in ("name", "color", "requires_second_factor")}


class InvitationsForm(EditingForm):
    """How long links work, who may be invited, and when addresses are erased."""

    expiry_days = StringField(_("How many days a link works"))
    allowed_domains = TextAreaField(_("Allowed domains"))
    retention_days = Choice(_("Erase ended invitations"), coerce=whole)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = settings.RETENTION_DAYS
        choices = [
            (n, ngettext("%(num)s day after they end", "%(num)s days after they end", n))
            for n in days
        ]
        self.retention_days.choices = [(0, gettext("Never")), *choices]

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
            raise ValidationError(gettext("Enter a number of days from 1 to 30."))

    @property
    def days(self) -> int | None:
        """The days that were typed, or None."""
        text = (self.expiry_days.data or "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


class EmailForm(EditingForm):
    """Reminders, who gets replies to mails, and the language of invitations."""

    reminders = BooleanField(_("Remind people once, before their link expires"))
    reminder_hours = Choice(_("When to remind them"), coerce=whole)
    reply_to_inviter = BooleanField(_("Replies go to the person who invited"))
    language = Choice(_("Language of invitations"), default="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hours = settings.REMINDER_HOURS
        self.reminder_hours.choices = [
            (n, ngettext("%(num)s hour before it expires", "%(num)s hours before it expires", n))
            for n in hours
        ]
        as_usual = gettext("Mail in English, pages as in their browser")
        self.language.choices = [("", as_usual), *CHOICES]

    @staticmethod
    def facts_of(row: Organization) -> dict[str, Any]:
        """What the form shows of an organization."""
        names = ("reminders", "reminder_hours", "reply_to_inviter")
        return {"language": row.language or "", **{name: getattr(row, name) for name in names}}


class LiftForm(Form):
    """Why addresses that mail came back from may be mailed again."""

    reason = StringField(_("Why mail will arrive now"))
