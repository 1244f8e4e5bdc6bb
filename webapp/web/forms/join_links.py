"""The forms of join links: an admin's, and those of people who come with a code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, RadioField, StringField

from webapp.domain import links
from webapp.domain.groups import table as group_table
from webapp.domain.links import fields
from webapp.languages import gettext
from webapp.languages import marked as _
from webapp.models import Group, Organization
from webapp.web import roles
from webapp.web.forms import Choice, Form, Several
from webapp.web.forms.groups import sent as sent_groups

USUAL_DAYS = 30
WAYS = {
    links.KEEP: _("Keep them: those people can still join"),
    links.REVOKE: _("Revoke them: their links stop working at once"),
}


class LinkForm(Form):
    """What a new link is for, and what the invitations that it makes offer."""

    label = StringField(_("Label"))
    role = Choice(_("Role"), default=fields.ROLES[0])
    groups = Several(_("Groups"), choices=[])
    domains = StringField(_("Allowed domains"))
    most_uses = StringField(_("How many people"))
    expiry_days = StringField(_("How many days the link works"), default=str(USUAL_DAYS))
    access_days = StringField(_("Days of access"))
    approval = BooleanField(_("An admin approves each person"))

    all_groups: Sequence[Group] = ()

    @classmethod
    def of(cls, organization: Organization) -> LinkForm:
        """The form with this organization's groups."""
        all_groups = group_table.everyone(organization)
        form = cls(data={"groups": [group.slug for group in all_groups if group.is_default]})
        form.all_groups = all_groups
        form.role.choices = [(role, roles.named()[role]) for role in fields.ROLES]
        return form

    @property
    def typed(self) -> dict[str, Any]:
        """The values under the domain's names."""
        return {
            "label": self.label.data,
            "role": self.role.data,
            "groups": sent_groups(),
            "domains": self.domains.data,
            "most_uses": _number(self.most_uses.data),
            "expiry_days": _number(self.expiry_days.data),
            "access_days": _number(self.access_days.data),
            "approval": self.approval.data,
        }


class RevokeForm(Form):
    """What becomes of the open invitations of a link that is revoked."""

    open_invitations = RadioField(
        _("Its open invitations"),
        choices=lambda: {way: gettext(words) for way, words in WAYS.items()},
        default=links.KEEP,
        invalid_choice_message=_("Choose what happens to the open invitations."),
    )


class CodeForm(Form):
    """A code typed by hand."""

    code = StringField(_("Code"))


class AskForm(Form):
    """The address of somebody who wants to be invited."""

    email = StringField(_("Email address"))


def _number(text: str | None) -> int | None:
    """A number that was typed; None for nothing, -1 for anything else."""
    plain = (text or "").strip()
    if not plain:
        return None
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 6 else -1
