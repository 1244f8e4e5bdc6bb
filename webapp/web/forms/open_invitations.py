"""The form of an invitation that is open already."""

from __future__ import annotations

from typing import Any

from webapp.models import Invitation
from webapp.web.forms import InviteForm
from webapp.web.forms.editing import EditingForm


class EditForm(EditingForm, InviteForm):
    """An open invitation's role, term, name and message; its address stays."""

    email = None

    @staticmethod
    def facts_of(row: Invitation) -> dict[str, Any]:
        """What can be changed of an invitation."""
        return {name: getattr(row, name) for name in ("role", "expiry_days", "name", "message")}
