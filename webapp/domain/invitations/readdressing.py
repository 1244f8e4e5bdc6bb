"""Correcting a wrong address: the old invitation ends, and the right person is invited."""

from __future__ import annotations

from webapp.db import db, transaction
from webapp.domain import addresses, invitations, organizations
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.models import Invitation, Organization


def _raced() -> Refusal:
    return Refusal("This address was invited just now. Look at that invitation instead.", "email")


@transaction({"one_open_invitation": _raced})
def correct(organization: Organization, invitation_id: int, *, by: Actor, email: str) -> Invitation:
    """Revoke a pending or expired invitation and invite another address in its place.

    Role, term, name and message are kept; it counts as one more invitation today. It is refused
    where inviting is, and then nothing is revoked. Returns the new invitation.
    """
    # Alone: two corrections that swap addresses would wait for each other's invitation.
    organizations.lock(organization, alone=True)
    wrong = invitations.locked(organization, invitation_id, by)
    invitations.refuse_ended(wrong)
    if addresses.parse(email).key == wrong.email_key:
        raise Refusal(
            f"{wrong.email} is the address that the invitation went to. Type the right one, or "
            "resend the invitation if the address is right.",
            "email",
        )
    invitations.end(wrong, by=by)
    db.session.flush()
    return invitations.create(
        organization,
        by=by,
        email=email,
        role=wrong.role,
        expiry_days=wrong.expiry_days,
        name=wrong.name,
        message=wrong.message,
        before=wrong,
    )
