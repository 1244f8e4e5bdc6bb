"""The form of the settings of access."""

from __future__ import annotations

from typing import Any

from wtforms import Field, StringField
from wtforms.validators import ValidationError

from webapp.domain.organizations import access_terms
from webapp.domain.organizations.access_terms import Term
from webapp.languages import gettext
from webapp.languages import marked as _
from webapp.models import Organization, Role
from webapp.web.forms.editing import EditingForm


def days_of(text: str | None) -> int | None:
    """The number of days that was typed; None for nothing, -1 for what is no such number."""
    text = (text or "").strip()
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1


def number_of_days(_form: Any, field: Field) -> None:
    """Refuse what is no number of days; empty is allowed."""
    number = days_of(field.data)
    if number is not None and not 1 <= number <= access_terms.MOST:
        most = access_terms.MOST
        words = gettext("Enter a number of days from 1 to %(most)s, or nothing.", most=most)
        raise ValidationError(words)


class AccessForm(EditingForm):
    """The time zone, and for each role the usual and the longest term of access, in days."""

    time_zone = StringField(_("Time zone"))
    default_admin = StringField(_("Admins: usual term in days"), [number_of_days])
    longest_admin = StringField(_("Admins: longest term in days"), [number_of_days])
    default_manager = StringField(_("Managers: usual term in days"), [number_of_days])
    longest_manager = StringField(_("Managers: longest term in days"), [number_of_days])
    default_contributor = StringField(_("Contributors: usual term in days"), [number_of_days])
    longest_contributor = StringField(_("Contributors: longest term in days"), [number_of_days])

    @staticmethod
    def facts_of(row: Organization) -> dict[str, Any]:
        """What the form shows of an organization."""
        facts: dict[str, Any] = {"time_zone": row.time_zone}
        for role, term in access_terms.of(row).items():
            facts[f"default_{role}"] = str(term.default_days or "")
            facts[f"longest_{role}"] = str(term.longest_days or "")
        return facts

    @property
    def terms(self) -> dict[str, Term]:
        """What was typed for each role."""
        return {
            role.value: Term(
                days_of(self[f"default_{role}"].data), days_of(self[f"longest_{role}"].data)
            )
            for role in Role
        }
