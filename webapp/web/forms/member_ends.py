"""The forms about the end of a member's access, and about their sponsor."""

from __future__ import annotations

from typing import Any

from wtforms import Field, StringField
from wtforms.validators import ValidationError

from webapp.domain.errors import Refusal
from webapp.domain.invitations import access
from webapp.domain.members import sponsors
from webapp.domain.organizations import days
from webapp.languages import gettext
from webapp.languages import marked as _
from webapp.models import Membership
from webapp.web.forms import Choice
from webapp.web.forms.access_fields import DayInput
from webapp.web.forms.editing import EditingForm


class EndForm(EditingForm):
    """The last day of a member's access; empty for no end."""

    access_until = StringField(_("Last day of access"), widget=DayInput())

    @staticmethod
    def facts_of(row: Membership) -> dict[str, Any]:
        """What the form shows of a member."""
        end = row.ends_at
        return {"access_until": days.last(row.organization, end).isoformat() if end else ""}

    def validate_access_until(self, field: Field) -> None:
        """Refuse what is no day; empty is allowed."""
        if (field.data or "").strip():
            try:
                access.day(field.data)
            except Refusal as refusal:
                raise ValidationError(refusal.message) from None


class SponsorForm(EditingForm):
    """Who answers for a member."""

    sponsor = Choice(_("Sponsor"), default="")

    @classmethod
    def of(cls, member: Membership, **values: Any) -> SponsorForm:
        """The form with everybody who could be the sponsor."""
        form = cls(data=values)
        people = [(str(row.user_id), row.user.full_name) for row in sponsors.candidates(member)]
        form.sponsor.choices = [("", gettext("Nobody")), *people]
        return form

    @staticmethod
    def facts_of(row: Membership) -> dict[str, Any]:
        """What the form shows of a member."""
        return {"sponsor": str(row.sponsor_id or "")}

    @property
    def sponsor_id(self) -> int | None:
        """The chosen user."""
        text = self.sponsor.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
