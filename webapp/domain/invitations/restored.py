"""Invitations after a restore: no link that was sent before it works any more (rule M6)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import invitations
from webapp.domain.events import OPERATOR
from webapp.domain.invitations import expiry, links
from webapp.models import RESENDABLE, Invitation, InvitationState

BATCH = 500


def end_links() -> int:
    """End the links of all pending and expired invitations; returns how many were pending.

    Pending ones become expired: admins see them, and send again those that are still wanted.
    """
    total, last = 0, 0
    while batch := _end_batch(last):
        last = batch[-1][0]
        total += sum(was_pending for _, was_pending in batch)
    return total


@transaction()
def _end_batch(after: int) -> list[tuple[int, bool]]:
    query = select(Invitation).where(Invitation.id > after, Invitation.state.in_(RESENDABLE))
    batch = db.session.scalars(query.order_by(Invitation.id).limit(BATCH)).all()
    now = clock.now()
    pending = [row for row in batch if row.state == InvitationState.PENDING]
    for invitation in batch:
        links.cut(invitation)
    for invitation in pending:
        invitation.expires_at = min(invitation.expires_at, now)
    db.session.flush()
    expiry.expire([invitation.id for invitation in pending])
    return [(invitation.id, invitation in pending) for invitation in batch]


@transaction()
def end_again(ids: Iterable[int]) -> None:
    """Revoke pending or expired invitations that were revoked or declined since the backup."""
    query = select(Invitation).where(Invitation.id.in_(ids), Invitation.state.in_(RESENDABLE))
    for invitation in db.session.scalars(query.order_by(Invitation.id)).all():
        invitations.end(invitation, by=OPERATOR)
