"""What programs send about members."""

from __future__ import annotations

from webapp.domain.invitations import inviter_handover
from webapp.web.api.schema_fields import ROLES, StrictSchema, choice, text


class ChangeMember(StrictSchema):
    """A new role, and what to do with a demoted admin's open invitations; or a new end."""

    role = choice("The new role.", ROLES)
    access_until = text(
        "When their access ends: the end of a day in the organization's time zone (2027-06-30), or "
        "a moment (RFC 3339). Null: no end. It gives back access that has ended.",
        40,
        allow_none=True,
    )
    pending = choice(
        "What to do with the open invitations of an admin you demote.",
        list(inviter_handover.CHOICES),
        load_default=inviter_handover.REVOKE,
    )


class Deactivate(StrictSchema):
    """What to do with an admin's open invitations."""

    pending = choice(
        "What to do with the open invitations of an admin you deactivate.",
        list(inviter_handover.CHOICES),
        load_default=inviter_handover.REVOKE,
    )
