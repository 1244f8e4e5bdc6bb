"""The fields of forms that say how long access lasts."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from markupsafe import Markup
from wtforms import Field
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from webapp.domain.errors import Refusal
from webapp.domain.invitations import access
from webapp.domain.invitations.access import Access
from webapp.domain.organizations import access_terms, days
from webapp.languages import gettext
from webapp.models import Invitation
from webapp.web.forms.access_settings import days_of


class DayInput(TextInput):
    """An input for a day; for text while it shows something else that was typed."""

    def __call__(self, field: Field, **attributes: Any) -> Markup:
        """The control."""
        is_day = not field.data
        with suppress(Refusal):
            access.day(field.data or "")
            is_day = True
        attributes["type"] = "date" if is_day else "text"
        return super().__call__(field, **attributes)  # type: ignore[no-any-return]


USUAL, NONE, UNTIL, DAYS = "usual", "none", "until", "days"


def choices() -> list[tuple[str, str]]:
    """What can be chosen; whoever types a day or a number need not choose."""
    return [
        (USUAL, gettext("As usual for the role")),
        (NONE, gettext("Without an end")),
        (UNTIL, gettext("Until a day")),
        (DAYS, gettext("For some days from joining")),
    ]


def shown(invitation: Invitation) -> dict[str, str]:
    """What the fields show of an invitation."""
    until = invitation.access_until
    day = days.last(invitation.organization, until).isoformat() if until else ""
    number = str(invitation.access_days or "")
    kind = UNTIL if day else DAYS if number else NONE
    return {"access": kind, "access_until": day, "access_days": number}


def chosen(form: Any) -> Access:
    """What was chosen or typed, once the form is valid."""
    kind, until = _kind(form), None
    if kind == UNTIL:
        with suppress(Refusal):
            until = access.day(form.access_until.data or "")
    if kind in (UNTIL, DAYS):
        return Access(until, days_of(form.access_days.data) if kind == DAYS else None)
    return access.NO_END if kind == NONE else access.USUAL


def check_kind(form: Any, _field: Field) -> None:
    """Refuse a choice that a filled-in field contradicts: nobody gets more by a slip."""
    typed = {UNTIL: form.access_until.data, DAYS: form.access_days.data}
    filled = [kind for kind, text in typed.items() if (text or "").strip()]
    if len(filled) > 1 or any(kind != _kind(form) for kind in filled):
        words = gettext("Choose how long access lasts, and fill in only what belongs to it.")
        raise ValidationError(words)


def check_until(form: Any, field: Field) -> None:
    """Refuse what is no day, or none where one was chosen."""
    if (field.data or "").strip() or _kind(form) == UNTIL:
        try:
            access.day(field.data or "")
        except Refusal as refusal:
            raise ValidationError(refusal.message) from None


def check_days(form: Any, field: Field) -> None:
    """Refuse what is no number of days, or none where one was chosen."""
    number = days_of(field.data)
    if (number is not None or _kind(form) == DAYS) and not (
        number is not None and 1 <= number <= access_terms.MOST
    ):
        most = access_terms.MOST
        raise ValidationError(gettext("Enter a number of days from 1 to %(most)s.", most=most))


def _kind(form: Any) -> str:
    """What was chosen; a day or a number that was typed says it, too."""
    if form.access.data != USUAL:
        return str(form.access.data)
    if (form.access_until.data or "").strip():
        return UNTIL
    return DAYS if (form.access_days.data or "").strip() else USUAL
