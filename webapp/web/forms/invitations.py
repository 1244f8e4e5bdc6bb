"""The forms for one invitation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request
from markupsafe import Markup
from wtforms import Field, StringField, TextAreaField
from wtforms.widgets import TextArea, TextInput

from webapp.domain import addresses, texts
from webapp.domain.errors import Refusal
from webapp.domain.groups import table as group_table
from webapp.domain.imports import mailboxes, several
from webapp.domain.imports.several import GuestList
from webapp.domain.imports.sorting import SortedLine
from webapp.domain.invitations import terms
from webapp.languages import CHOICES, LANGUAGES, gettext, ngettext
from webapp.languages import marked as _
from webapp.models import Group, Invitation, Organization, Role
from webapp.web import roles
from webapp.web.forms import Choice, Form, Several, access_fields, ruled, whole
from webapp.web.forms.editing import EditingForm
from webapp.web.forms.groups import sent as sent_groups
from webapp.web.paths import row_id


class OneLineOrMore:
    """An input, where Enter sends the form; an area once there are several lines to be shown."""

    def __call__(self, field: Field, **attributes: Any) -> Markup:
        """The control."""
        widget = TextArea() if "\n" in (field.data or "") else TextInput()
        return widget(field, **attributes)  # type: ignore[no-any-return]


def _usual_language(organization: Organization) -> tuple[str, str, dict[str, str]]:
    """The choice of none: the organization's language, else the one of the invited person."""
    usual = LANGUAGES.get(organization.language or "")
    if usual:
        return "", usual.name, {"lang": usual.tag}
    return "", gettext("As in their browser"), {}


class InviteForm(Form):
    """Whom to invite, as what, for how long, with which words."""

    email = TextAreaField(
        _("Email addresses"), [ruled(several.refuse_unreadable)], widget=OneLineOrMore()
    )
    role = Choice(_("Role"), default=Role.CONTRIBUTOR.value)
    groups = Several(_("Groups"), choices=[])
    expiry_days = Choice(_("Link is good for"), coerce=whole)
    name = StringField(_("Name"))
    message = TextAreaField(_("Personal message"))
    language = Choice(_("Their language"), default="")
    access = Choice(_("Access lasts"), [access_fields.check_kind], default=access_fields.USUAL)
    access_until = StringField(
        _("Last day of access"), [access_fields.check_until], widget=access_fields.DayInput()
    )
    access_days = StringField(_("Days of access"), [access_fields.check_days])

    @classmethod
    def of(cls, organization: Organization, **values: Any) -> InviteForm:
        """The form with this organization's usual term."""
        term = values.get("expiry_days") or terms.usual_term(organization)
        all_groups = group_table.everyone(organization)
        usual = [group.slug for group in all_groups if group.is_default]
        defaults = {"expiry_days": term, "role": Role.CONTRIBUTOR.value, "groups": usual}
        form = cls(data={**defaults, **values})
        form.all_groups = all_groups
        form.usual_term = term
        form.language.choices = [_usual_language(organization), *CHOICES]
        form.role.choices = list(roles.named().items())
        form.access.choices = access_fields.choices()
        days = sorted({*terms.TERMS, term, terms.usual_term(organization)})
        form.expiry_days.choices = [(n, ngettext("%(num)s day", "%(num)s days", n)) for n in days]
        return form

    usual_term = 0
    all_groups: Sequence[Group] = ()

    @property
    def guests(self) -> GuestList:
        """Who is to be invited; likely typos are corrected where that was chosen."""
        self.email.data = several.correct(self.email.data or "", request.form.getlist("use"))
        others = "others" in request.form
        return GuestList(
            self.email.data,
            confirmed=self.sure,
            only_good=others,
            given=[row_id(text) for text in request.form.getlist("give")],
            **self.typed,
        )

    @property
    def sure(self) -> list[str]:
        """The likely typos that are right as they are.

        Whoever was asked about one and sends it again means it, unless they send to the others.
        """
        asked = [] if "others" in request.form else request.form.getlist("asked")
        sent = dict.fromkeys([*request.form.getlist("sure"), *asked])
        return [email for email in sent if email == texts.showable(email)]

    def refuse(self, refusal: Refusal) -> None:
        """Show several people one on each line, with what is wrong with each."""
        super().refuse(refusal)
        if len(self.found) > 1:
            self.email.data = "\n".join(line.line.written for line in self.found)

    @property
    def found(self) -> list[SortedLine]:
        """The people whom the domain found in the refused text."""
        found: list[SortedLine] = self.facts.get("lines", [])
        return found

    @property
    def chosen_groups(self) -> list[Group]:
        """The groups that are ticked, by name."""
        return [group for group in self.all_groups if group.slug in (self.groups.data or ())]

    @property
    def has_more(self) -> bool:
        """Whether something is typed, chosen or wrong in the fields that most people leave out."""
        typed = (self.name, self.message, self.language, self.access_until, self.access_days)
        return (
            any(field.errors for field in (*typed, self.expiry_days, self.access))
            or any(field.data for field in typed)
            or self.expiry_days.data != self.usual_term
            or self.access.data != access_fields.USUAL
        )

    @classmethod
    def again(cls, organization: Organization, ended: Invitation) -> InviteForm:
        """The form filled in as it was for an invitation that has ended."""
        names = ("email", "role", "name", "message", "language")
        values = {name: getattr(ended, name) for name in names} | access_fields.shown(ended)
        return cls.of(organization, **values, groups=[group.slug for group in ended.groups])

    @property
    def typed(self) -> dict[str, Any]:
        """The values under the domain's names."""
        return {
            "role": self.role.data,
            "expiry_days": self.expiry_days.data,
            "name": self.name.data,
            "message": self.message.data,
            "groups": sent_groups(),
            "language": self.language.data or None,
            "access": access_fields.chosen(self),
        }


class CheckForm(InviteForm):
    """The same while it is being filled in: what is wrong with each address is the answer."""

    email = TextAreaField(_("Email addresses"))


class EditForm(EditingForm, InviteForm):
    """An open invitation's role, groups, term and words, but not its address."""

    email = None

    @staticmethod
    def facts_of(row: Invitation) -> dict[str, Any]:
        """What can be changed of an invitation."""
        names = ("role", "expiry_days", "name", "message")
        values = {name: getattr(row, name) for name in names} | access_fields.shown(row)
        slugs = [group.slug for group in row.groups]
        return {**values, "language": row.language or "", "groups": slugs}

    @property
    def typed(self) -> dict[str, Any]:
        """The values under the domain's names; groups that the form did not ask for stay."""
        typed = super().typed
        return {**typed, "groups": terms.UNCHANGED if typed["groups"] is None else typed["groups"]}


class CorrectForm(Form):
    """The right address for an invitation that went to a wrong one."""

    email = StringField(
        _("Correct email address"),
        [ruled(addresses.parse)],
        filters=[lambda text: mailboxes.single(text or "")[0]],
    )
