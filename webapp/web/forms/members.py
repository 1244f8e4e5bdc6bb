"""The forms for a member: their role, and what becomes of their invitations."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField

from webapp.domain.invitations import inviter_handover
from webapp.models import Membership, Role
from webapp.web.forms import Choice, Form
from webapp.web.forms.editing import EditingForm

WAYS = {
    inviter_handover.REVOKE: "Revoke them: their links stop working at once",
    inviter_handover.TAKE_OVER: "Take them over: their links go on working, in your name",
}


def _pending() -> RadioField:
    """What becomes of an admin's pending invitations; by default they are revoked."""
    return RadioField(
        "Their pending invitations",
        choices=WAYS,
        default=inviter_handover.REVOKE,
        invalid_choice_message="Choose what becomes of the pending invitations.",
    )


class DeactivateForm(Form):
    """Whether to deactivate a member."""

    pending = _pending()


class RoleForm(EditingForm):
    """What a member may do."""

    role = Choice("Role", choices={role.value: role.value.capitalize() for role in reversed(Role)})
    pending = _pending()

    @staticmethod
    def facts_of(row: Membership) -> dict[str, Any]:
        """What the form shows of a member."""
        return {"role": row.role}
