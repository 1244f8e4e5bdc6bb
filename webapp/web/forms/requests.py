"""The forms for making requests and for deciding them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.validators import ValidationError

from webapp.domain.errors import Refusal
from webapp.domain.groups import table as group_table
from webapp.domain.imports import mailboxes
from webapp.domain.invitations import access
from webapp.domain.members import ends
from webapp.domain.organizations import days, request_settings
from webapp.domain.requests import offers
from webapp.languages import gettext
from webapp.languages import marked as _
from webapp.models import Group, Organization, Request, Role
from webapp.web import roles
from webapp.web.forms import Choice, Form, Several, access_fields
from webapp.web.forms.editing import EditingForm
from webapp.web.forms.groups import sent as sent_groups

PROPOSERS = {
    request_settings.EVERYBODY: _("Every member"),
    request_settings.MANAGERS: _("Managers and admins"),
    request_settings.NOBODY: _("Nobody"),
}


class ProposeForm(Form):
    """Whom a member suggests, and why."""

    email = StringField(_("Email address"), filters=[lambda text: mailboxes.single(text or "")[0]])
    name = StringField(_("Name"))
    role = Choice(_("Role"), default=Role.CONTRIBUTOR.value)
    reason = TextAreaField(_("Why they should join"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = list(roles.named().items())


class AskForm(Form):
    """Who asks to join, and why."""

    email = StringField(_("Email address"))
    name = StringField(_("Name"))
    reason = TextAreaField(_("Why you want to join"))


class StayForm(Form):
    """Why somebody still needs access."""

    reason = TextAreaField(_("Why you still need access"))


class ApproveForm(Form):
    """What somebody gets who is approved."""

    role = Choice(_("Role"))
    groups = Several(_("Groups"), choices=[])
    access = Choice(_("Access lasts"), [access_fields.check_kind], default=access_fields.USUAL)
    access_until = StringField(
        _("Last day of access"), [access_fields.check_until], widget=access_fields.DayInput()
    )
    access_days = StringField(_("Days of access"), [access_fields.check_days])

    all_groups: Sequence[Group] = ()

    @classmethod
    def of(cls, organization: Organization, request: Request) -> ApproveForm:
        """The form, filled in with what was requested."""
        all_groups = group_table.everyone(organization)
        usual = [group.slug for group in all_groups if group.is_default]
        wish = offers.groups(request)
        values = {"role": offers.role(request), "groups": usual if wish is None else wish}
        form = cls(data={**values, **_shown(organization, request)})
        form.all_groups = all_groups
        form.role.choices = list(roles.named().items())
        form.access.choices = access_fields.choices()
        return form

    @property
    def typed(self) -> dict[str, Any]:
        """The values under the domain's names."""
        groups = sent_groups()
        return {
            "role": self.role.data,
            "groups": groups,
            "access": access_fields.chosen(self),
        }


class LetStayForm(Form):
    """Until when somebody may stay."""

    access_until = StringField(_("Last day of access"), widget=access_fields.DayInput())

    @classmethod
    def of(cls, organization: Organization, request: Request) -> LetStayForm:
        """The form with the end that extending would give."""
        member, day = request.membership, ""
        if member is not None:
            with suppress(Refusal):
                end = ends.extended(organization, member)
                day = days.last(organization, end).isoformat()
        return cls(data={"access_until": day})

    def validate_access_until(self, field: StringField) -> None:
        """Refuse what is no day; nothing means as usual."""
        if (field.data or "").strip():
            try:
                access.day(field.data)
            except Refusal as refusal:
                raise ValidationError(refusal.message) from None

    def end(self, organization: Organization) -> datetime | None:
        """The end that was typed; None for the usual one."""
        return access.end(organization, (self.access_until.data or "").strip() or None)


class SeveralForm(Form):
    """The role of those who are approved at once."""

    role = Choice(_("Role"), default="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wished = ("", gettext("As requested for each"))
        self.role.choices = [wished, *roles.named().items()]


class RequestsForm(EditingForm):
    """Who may make requests, and when a second admin has to agree."""

    proposers = RadioField(
        _("Who can suggest people"),
        choices=lambda: {name: gettext(words) for name, words in PROPOSERS.items()},
        validate_choice=False,  # the domain refuses
    )
    proposals_per_month = StringField(_("Suggestions per person per month"))
    takes_asks = BooleanField(_("Let strangers ask to join"))
    needs_second_admin = BooleanField(_("A second admin must approve new admins"))

    @staticmethod
    def facts_of(row: Organization) -> dict[str, Any]:
        """What the form shows of an organization."""
        return {
            "proposers": row.proposers,
            "proposals_per_month": str(row.proposals_per_month),
            "takes_asks": row.takes_asks,
            "needs_second_admin": row.needs_second_admin,
        }

    @property
    def per_month(self) -> int | None:
        """The number that was typed; None for anything else."""
        text = (self.proposals_per_month.data or "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None


def _shown(organization: Organization, request: Request) -> dict[str, str]:
    """What the fields of access show of what was wished for."""
    wish = offers.wished(request)
    if wish is access.USUAL:
        return {"access": access_fields.USUAL}
    if wish.days:
        return {"access": access_fields.DAYS, "access_days": str(wish.days)}
    if isinstance(wish.until, datetime):
        return {"access": access_fields.UNTIL, "access_until": _day(organization, wish.until)}
    if isinstance(wish.until, date):
        return {"access": access_fields.UNTIL, "access_until": wish.until.isoformat()}
    return {"access": access_fields.NONE}


def _day(organization: Organization, until: datetime) -> str:
    return days.last(organization, until).isoformat()
