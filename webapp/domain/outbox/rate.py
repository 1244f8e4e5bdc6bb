"""How many mails may be begun now, over all workers together (`MAIL_RATE_PER_MINUTE`)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, text

from webapp import clock, config
from webapp.db import db
from webapp.models import Delivery, DeliveryAttempt
from webapp.models.delivery import SENDING

MINUTE = timedelta(minutes=1)
_QUEUE = 0x6761746501  # the number of our lock: "gate", 1


def take_turn() -> None:
    """Wait until no other worker is choosing mails, for the rest of the present transaction.

    So two never choose the same rows, and what each counts is still so when it has chosen.
    """
    if db.engine.dialect.name == "postgresql":  # SQLite has one writer anyway
        db.session.execute(select(func.pg_advisory_xact_lock(_QUEUE)))


def left(wanted: int) -> int:
    """How many of `wanted` mails may be begun now so that no minute sees more than the rate.

    Counted are the tries of the last minute and the mails that are being sent: whatever the
    workers do, in no stretch of 60 seconds are more than the rate tried.
    """
    most = config.current().mail_rate_per_minute
    if not most:
        return wanted
    now = clock.now()
    tried = select(func.count()).where(DeliveryAttempt.at > now - MINUTE).scalar_subquery()
    under_way = (
        select(func.count())
        .select_from(Delivery)
        .where(text(SENDING), Delivery.due_at > now)
        .scalar_subquery()
    )
    begun = db.session.scalar(select(tried + under_way)) or 0
    return max(min(wanted, most - begun), 0)
