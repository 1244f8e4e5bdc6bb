"""The forms on the page that shows every component: one of each field."""

from __future__ import annotations

from wtforms import BooleanField, PasswordField, RadioField, StringField, TextAreaField

from webapp.domain.organizations.colors import COLORS
from webapp.web.forms import Choice, Form, Several

PLANS = {"daily": "Every day", "weekly": "Every week"}


class FilledForm(Form):
    """Each kind of field, filled in."""

    class Meta(Form.Meta):
        """No token: the form is only looked at."""

        csrf = False

    email = StringField("Email address")
    password = PasswordField("Password")
    text = TextAreaField("Personal message")
    term = Choice("Link works for", choices={"7": "7 days", "14": "14 days"})
    plan = RadioField("How often", choices=PLANS)
    color = RadioField("Color", choices={name: color.name for name, color in COLORS.items()})
    groups = Several("Groups", choices=[])
    reminders = BooleanField("Remind people once, before their link expires")


class RefusedForm(FilledForm):
    """The same fields, each with an error."""

    def __init__(self) -> None:
        super().__init__(prefix="refused-")

    def refuse_everything(self) -> None:
        """Give each field an error."""
        for name, message in {
            "email": "Enter a complete email address, like bo@example.org.",
            "password": "Use at least 12 characters.",
            "text": "The message can be at most 1,000 characters long.",
            "term": "Choose one of the days.",
            "plan": "Choose how often.",
            "color": "Choose one of the colors.",
            "groups": "Choose at most 20 groups.",
            "reminders": "Turn reminders on first.",
        }.items():
            self[name].errors = [message]
