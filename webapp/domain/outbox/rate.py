"""How many mails all workers together may start now (`MAIL_RATE_PER_MINUTE`)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, text

from webapp import clock, config
from webapp.db import db
from webapp.models import Delivery, DeliveryAttempt
from webapp.models.delivery import SENDING

MINUTE = timedelta(minutes=1)
_LOCK = 0x6761746501  # the number of our advisory lock: "gate", 1


def take_turn() -> None:
    """Wait until no other worker is choosing mails; holds until the transaction ends.

    So no two workers choose the same rows, and the counts still hold when a choice is made.
    """
    if db.engine.dialect.name == "postgresql":  # SQLite has one writer anyway
        db.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def left(limit: int) -> int:
    """How many of up to `limit` mails may be started now without exceeding the rate.

    It counts the attempts of the last minute and the mails that are being sent: so no 60 seconds
    see more attempts than the rate, whatever the workers do.
    """
    most = config.current().mail_rate_per_minute
    if not most:
        return limit
    now = clock.now()
    tried = select(func.count()).where(DeliveryAttempt.at > now - MINUTE).scalar_subquery()
    under_way = (
        select(func.count())
        .select_from(Delivery)
        .where(text(SENDING), Delivery.due_at > now)
        .scalar_subquery()
    )
    started = db.session.scalar(select(tried + under_way)) or 0
    return max(min(limit, most - started), 0)
