"""Marking invitations whose links have run out."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update

from webapp.db import db
from webapp.domain import events
from webapp.models import Invitation, InvitationState


def expire(ids: Sequence[int]) -> None:
    """Mark locked invitations whose links have run out, in the current transaction."""
    if not ids:
        return
    due = Invitation.id.in_(ids)
    rows = db.session.execute(
        select(Invitation.organization_id, Invitation.id, Invitation.email, Invitation.email_key)
        .where(due)
        .order_by(Invitation.organization_id, Invitation.id)
    )
    lines = [
        events.NewEvent(row.organization_id, row.id, {"email": row.email}, row.email_key)
        for row in rows
    ]
    events.record_many("InvitationExpired", lines, by="system")
    db.session.execute(
        update(Invitation)
        .where(due)
        .values(state=InvitationState.EXPIRED, ended_at=Invitation.expires_at)
        .execution_options(synchronize_session=False)
    )
