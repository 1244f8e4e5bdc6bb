"""Mails after a restore: those that waited may have been sent since the backup (rule M6)."""

from __future__ import annotations

from sqlalchemy import delete, update

from webapp import clock
from webapp.db import db, transaction
from webapp.languages import marked
from webapp.models import Delivery, DeliveryState, Invitation, InviterNotice, NoticeOutcome

WORDS = marked("It may have been sent already: it waited in the backup that was restored.")
_WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING)


@transaction()
def doubt_waiting() -> int:
    """Mark waiting mails as unknown, so that none is sent twice; returns how many."""
    doubted = db.session.execute(
        update(Delivery)
        .where(Delivery.state.in_(_WAITING))
        .values(state=DeliveryState.UNKNOWN, lease=None, words=WORDS, settled_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Invitation)
        .where(Invitation.delivery_state.in_(_WAITING))
        .values(delivery_state=DeliveryState.UNKNOWN)
        .execution_options(synchronize_session=False)
    )
    # Noted for inviters, and perhaps told since the backup. A list is told by what became of it.
    db.session.execute(
        delete(InviterNotice).where(
            InviterNotice.delivery_id.is_(None), InviterNotice.outcome != NoticeOutcome.LIST
        )
    )
    return int(doubted.rowcount)  # type: ignore[attr-defined]
