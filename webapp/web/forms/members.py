"""The forms for a member: their role, and what happens to their invitations."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField

from webapp.domain.invitations import inviter_handover
from webapp.languages import gettext
from webapp.languages import marked as _
from webapp.models import Membership
from webapp.web import roles
from webapp.web.forms import Choice, Form
from webapp.web.forms.editing import EditingForm

WAYS = {
    inviter_handover.REVOKE: _("Revoke them: the links stop working at once"),
    inviter_handover.TAKE_OVER: _("Take them over: the links keep working, in your name"),
}


def _ways() -> dict[str, str]:
    return {way: gettext(words) for way, words in WAYS.items()}


def _pending() -> RadioField:
    """What happens to an admin's pending invitations; by default they are revoked."""
    return RadioField(
        _("Their pending invitations"),
        choices=_ways,
        default=inviter_handover.REVOKE,
        invalid_choice_message=_("Choose what happens to the pending invitations."),
    )


class DeactivateForm(Form):
    """Whether to deactivate a member."""

    pending = _pending()


class RoleForm(EditingForm):
    """What a member may do."""

    role = Choice(_("Role"), choices=roles.named)
    pending = _pending()

    @staticmethod
    def facts_of(row: Membership) -> dict[str, Any]:
        """What the form shows of a member."""
        return {"role": row.role}
