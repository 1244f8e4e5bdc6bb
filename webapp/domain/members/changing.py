"""A member's role and end changed in one step, as programs do."""

from __future__ import annotations

from typing import Any

from webapp.db import transaction
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.events.versions import Seen
from webapp.domain.invitations import inviter_handover
from webapp.domain.members import ends, roles
from webapp.languages import gettext
from webapp.models import Membership, Organization

UNCHANGED: Any = object()


@transaction()
def change(
    organization: Organization,
    membership_id: int,
    *,
    by: Actor,
    role: str = UNCHANGED,
    ends_at: Any = UNCHANGED,
    pending: str = inviter_handover.REVOKE,
    seen: Seen | None = None,
) -> Membership:
    """Change the member's role, their end, or both; all of it or nothing."""
    member: Membership | None = None
    if role is not UNCHANGED:
        member = roles.change_role(
            organization, membership_id, by=by, role=role, pending=pending, seen=seen
        )
        seen = None  # what the role's change did was meant
    if ends_at is not UNCHANGED:
        member = ends.set_end(organization, membership_id, by=by, ends_at=ends_at, seen=seen)
    if member is None:
        raise Refusal(gettext("Send a role, or when access ends."), "role")
    return member
