"""The forms of access reviews: starting one, its settings, and what is answered."""

from __future__ import annotations

from datetime import date
from typing import Any

from wtforms import BooleanField, Field, RadioField, StringField
from wtforms.validators import ValidationError

from webapp.domain.members import review_settings, reviews
from webapp.domain.members.review_answers import UNCHANGED, Terms
from webapp.domain.organizations import days
from webapp.languages import gettext, ngettext
from webapp.languages import marked as _
from webapp.models import Organization
from webapp.web import roles
from webapp.web.forms import Choice, Form, whole
from webapp.web.forms.editing import EditingForm
from webapp.web.forms.members import DeactivateForm

SILENCE = {
    reviews.KEEP: _("They keep their access"),
    reviews.END: _("Their access ends"),
}
SAME, NONE, DAY = "", "none", "day"
ENDS = {SAME: _("Stays as it is"), NONE: _("Without an end"), DAY: _("Until a day")}


def _silence() -> RadioField:
    return RadioField(
        _("If nobody answers for a member"),
        choices=lambda: [(key, gettext(words)) for key, words in SILENCE.items()],
        default=reviews.KEEP,
        validate_choice=False,  # the domain refuses
    )


class StartForm(Form):
    """How long a review lasts, what silence means, and whether sponsors are asked."""

    term = Choice(_("How long it lasts"), coerce=whole, default=reviews.USUAL_TERM)
    silence = _silence()
    asks_sponsors = BooleanField(_("Ask sponsors by mail about the members they sponsor"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        terms = reviews.TERMS
        self.term.choices = [(n, ngettext("%(num)s day", "%(num)s days", n)) for n in terms]


class ReviewSettingsForm(EditingForm):
    """How often a review begins, and what silence means then."""

    every = Choice(_("A review begins"), coerce=whole)
    silence = _silence()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.silence.id = "usual-silence"  # there is another on the same page
        by_itself = [
            (n, ngettext("Every %(num)s day", "Every %(num)s days", n))
            for n in review_settings.DAYS
        ]
        self.every.choices = [(0, gettext("When an admin starts it")), *by_itself]

    @staticmethod
    def facts_of(row: Organization) -> dict[str, Any]:
        """What the form shows of an organization."""
        return {"every": row.review_days or 0, "silence": row.review_silence}


class AnswerForm(DeactivateForm):
    """What becomes of members: another role, another end; and of an admin's invitations."""

    role = Choice(
        _("Role"), choices=lambda: {SAME: gettext("Stays as it is"), **roles.named()}, default=SAME
    )
    ends = Choice(
        _("Access"), choices=lambda: {key: gettext(w) for key, w in ENDS.items()}, default=SAME
    )
    until = StringField(_("Last day of access"))

    def validate_until(self, field: Field) -> None:
        """Refuse what is no day, where one is needed."""
        if self.ends.data == DAY and self._day() is None:
            raise ValidationError(gettext("Enter a day like 2027-06-30."))

    def terms(self, organization: Organization) -> Terms:
        """What a change gives, if the form is valid."""
        ends_at: Any = UNCHANGED
        day = self._day()
        if self.ends.data == NONE:
            ends_at = None
        elif self.ends.data == DAY and day is not None:
            ends_at = days.end_of(organization, day)
        return Terms(self.role.data or None, ends_at, self.pending.data)

    def _day(self) -> date | None:
        try:
            day = date.fromisoformat((self.until.data or "").strip())
        except ValueError:
            return None
        return day if 1970 < day.year < 9000 else None
