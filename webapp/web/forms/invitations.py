"""The forms for one invitation."""

from __future__ import annotations

from typing import Any

from wtforms import StringField, TextAreaField

from webapp.domain import addresses
from webapp.domain.invitations import terms
from webapp.models import Invitation, Organization, Role
from webapp.web.forms import Choice, Form, ruled, whole
from webapp.web.forms.editing import EditingForm


class InviteForm(Form):
    """Whom to invite, as what, for how long, with which words."""

    email = StringField("Email address", [ruled(addresses.parse)])
    role = Choice("Role", default=Role.CONTRIBUTOR.value)
    expiry_days = Choice("Link is good for", coerce=whole)
    name = StringField("Name")
    message = TextAreaField("Personal message")

    @classmethod
    def of(cls, organization: Organization, **values: Any) -> InviteForm:
        """The form with this organization's usual term."""
        term = values.get("expiry_days") or terms.usual_term(organization)
        form = cls(data={"expiry_days": term, "role": Role.CONTRIBUTOR.value, **values})
        form.role.choices = [(role.value, role.value.capitalize()) for role in reversed(Role)]
        days = sorted({*terms.TERMS, term, terms.usual_term(organization)})
        form.expiry_days.choices = [(n, "1 day" if n == 1 else f"{n} days") for n in days]
        return form

    @property
    def typed(self) -> dict[str, Any]:
        """The values under the domain's names."""
        return {
            "role": self.role.data,
            "expiry_days": self.expiry_days.data,
            "name": self.name.data,
            "message": self.message.data,
        }


class EditForm(EditingForm, InviteForm):
    """An open invitation's role, term, name and message, but not its address."""

    email = None

    @staticmethod
    def facts_of(row: Invitation) -> dict[str, Any]:
        """What can be changed of an invitation."""
        return {name: getattr(row, name) for name in ("role", "expiry_days", "name", "message")}


class CorrectForm(Form):
    """The right address for an invitation that went to a wrong one."""

    email = StringField("Right email address", [ruled(addresses.parse)])
