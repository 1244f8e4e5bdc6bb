"""Join links after a restore: they invite nobody until an admin resumes them (rule M6)."""

from __future__ import annotations

from sqlalchemy import delete, select

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import links
from webapp.domain.events import OPERATOR
from webapp.models import JoinAsk, JoinLink


@transaction()
def pause_all() -> int:
    """Pause every link, as it may have been revoked since the backup; returns how many.

    Addresses that wait to be answered are forgotten: they may have been answered, or erased.
    """
    db.session.execute(delete(JoinAsk))
    active = select(JoinLink).where(JoinLink.revoked_at.is_(None), JoinLink.paused_at.is_(None))
    paused = db.session.scalars(active.order_by(JoinLink.id)).all()
    for link in paused:
        link.paused_at = clock.now()
        links.record(link, "JoinLinkChanged", OPERATOR, changed="its state to paused")
    return len(paused)
