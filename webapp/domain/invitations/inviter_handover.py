"""What becomes of the open invitations of an admin who loses the right (rule 15)."""

from __future__ import annotations

from sqlalchemy import func, select

from webapp import clock
from webapp.db import db
from webapp.domain import events, invitations
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.models import Invitation, InvitationState, Membership

REVOKE = "revoke"
TAKE_OVER = "take over"
CHOICES = (REVOKE, TAKE_OVER)


def count(member: Membership) -> int:
    """How many open invitations stand in the member's name."""
    found = db.session.scalar(
        select(func.count())
        .select_from(Invitation)
        .where(
            Invitation.organization_id == member.organization_id,
            Invitation.inviter_id == member.user_id,
            Invitation.is_pending(clock.now()),
        )
    )
    return int(found or 0)


def hold(organization_id: int, user_id: int) -> list[Invitation]:
    """The open invitations in the user's name, locked as they are now.

    Call it before the membership is locked: whoever accepts holds the invitation first and asks
    for the inviter's membership then. Expired ones are held, too: one may be renewed just now.
    """
    found = db.session.scalars(
        select(Invitation)
        .where(
            Invitation.organization_id == organization_id,
            Invitation.inviter_id == user_id,
            Invitation.may_be_resent,
        )
        .order_by(Invitation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    now = clock.now()
    return [invitation for invitation in found if invitation.is_pending(now)]


def settle(held: list[Invitation], choice: str, *, by: Actor, loser_id: int) -> None:
    """Revoke the held invitations or put them in the actor's name, in the present transaction."""
    if choice not in CHOICES:
        raise Refusal("Choose what becomes of the pending invitations.", "pending")
    if choice == TAKE_OVER and by.id == loser_id:
        raise Refusal(
            "You cannot take over your own invitations: only an admin's links work.", "pending"
        )
    now = clock.now()
    lines = []
    for invitation in held:
        data: dict[str, object] = {"email": invitation.email}
        if choice == TAKE_OVER:
            data["before"] = invitation.inviter_id
            invitation.inviter_id = by.id
        else:
            invitation.state = InvitationState.REVOKED
            invitation.ended_at = now
        lines.append(
            events.NewEvent(invitation.organization_id, invitation.id, data, invitation.email_key)
        )
    db.session.flush()
    if choice == TAKE_OVER:
        events.record_many("InvitationTakenOver", lines, by=by)
    else:
        events.record_many("InvitationRevoked", lines, by=by)


def take_up(invitation: Invitation, *, by: Actor) -> None:
    """Put a resent invitation in the actor's name when its inviter is no admin any more.

    Its new link would be dead from the start otherwise (rule 9).
    """
    before = invitation.inviter_id
    if invitation.is_backed(hold=True):
        return
    invitation.inviter_id = by.id
    invitations.record(invitation, "InvitationTakenOver", by, email=invitation.email, before=before)
