"""The open invitations of an admin who may not invite any more (rule 15)."""

from __future__ import annotations

from sqlalchemy import func, select

from webapp import clock
from webapp.db import db
from webapp.domain import events, invitations
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.languages import gettext
from webapp.models import Invitation, InvitationState, Membership, User

REVOKE = "revoke"
TAKE_OVER = "take over"
CHOICES = (REVOKE, TAKE_OVER)


def count(member: Membership) -> int:
    """How many open invitations the member has sent."""
    number = db.session.scalar(
        select(func.count())
        .select_from(Invitation)
        .where(
            Invitation.organization_id == member.organization_id,
            Invitation.inviter_id == member.user_id,
            Invitation.is_pending(clock.now()),
        )
    )
    return int(number or 0)


def hold(organization_id: int, user_id: int) -> list[Invitation]:
    """The user's open invitations, locked and read afresh.

    Call it before the membership is locked: accepting locks the invitation first, and then the
    inviter's membership. Expired ones are locked as well: one may be renewed at this moment.
    """
    resendable = db.session.scalars(
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
    return [invitation for invitation in resendable if invitation.is_pending(now)]


def settle(pending: list[Invitation], choice: str, *, by: Actor, loser_id: int) -> None:
    """Revoke these locked invitations or make the actor their inviter, in this transaction."""
    if choice not in CHOICES:
        raise Refusal(gettext("Choose what happens to the pending invitations."), "pending")
    if choice == TAKE_OVER and by.id == loser_id:
        words = gettext(
            "You cannot take over your own invitations: links only work while their inviter is "
            "an admin."
        )
        raise Refusal(words, "pending")
    if choice == TAKE_OVER:
        lines = [_line(invitation, before=invitation.inviter_id) for invitation in pending]
        _update(pending, inviter_id=by.id)
        events.record_many("InvitationTakenOver", lines, by=by)
    else:
        revoke(pending, by=by)


def hand_over(pending: list[Invitation], *, to: User) -> None:
    """Make this admin the inviter of locked invitations whose inviter's access has ended."""
    lines = [_line(one, before=one.inviter_id, inviter=to.id) for one in pending]
    _update(pending, inviter_id=to.id)
    events.record_many("InvitationHandedOver", lines, by="system")


def revoke(pending: list[Invitation], *, by: Actor | str) -> None:
    """Revoke these locked invitations, in the present transaction."""
    lines = [_line(invitation) for invitation in pending]
    _update(pending, state=InvitationState.REVOKED, ended_at=clock.now())
    events.record_many("InvitationRevoked", lines, by=by)


def _line(invitation: Invitation, **data: object) -> events.NewEvent:
    return events.NewEvent(
        invitation.organization_id,
        invitation.id,
        {"email": invitation.email, **data},
        invitation.email_key,
    )


def _update(pending: list[Invitation], **values: object) -> None:
    for invitation in pending:
        for column, value in values.items():
            setattr(invitation, column, value)
    db.session.flush()


def adopt(invitation: Invitation, *, by: Actor) -> None:
    """Make the actor the inviter of a resent invitation whose inviter is no longer an admin.

    Its new link would not work otherwise (rule 9).
    """
    before = invitation.inviter_id
    if invitation.is_backed(hold=True):
        return
    invitation.inviter_id = by.id
    invitations.record(invitation, "InvitationTakenOver", by, email=invitation.email, before=before)
