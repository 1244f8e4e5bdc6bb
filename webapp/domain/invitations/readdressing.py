"""Correcting a wrong address: the old invitation ends, and the right person is invited."""

from __future__ import annotations

from webapp.db import db, transaction
from webapp.domain import addresses, invitations, organizations
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.languages import gettext
from webapp.models import Invitation, Organization


def _raced() -> Refusal:
    words = gettext("Somebody has just invited this address. Open that invitation instead.")
    return Refusal(words, "email")


@transaction({"one_open_invitation": _raced})
def correct(organization: Organization, invitation_id: int, *, by: Actor, email: str) -> Invitation:
    """Revoke a pending or expired invitation and invite another address in its place.

    Its terms are kept; it counts as one more invitation today. It is refused
    where inviting is, and then nothing is revoked. Returns the new invitation.
    """
    # Alone: two corrections that swap addresses would wait for each other's invitation.
    organizations.lock(organization, alone=True)
    wrong = invitations.locked(organization, invitation_id, by)
    invitations.refuse_ended(wrong)
    if addresses.parse(email).key == wrong.email_key:
        words = gettext(
            "The invitation already went to %(email)s. Enter the right address, or resend the "
            "invitation if this address is right.",
            email=wrong.email,
        )
        raise Refusal(words, "email")
    invitations.end(wrong, by=by)
    db.session.flush()
    return invitations.create_like(organization, wrong, by=by, email=email)
