"""When keys give way to the next, and when they go."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import upkeep
from webapp.domain.openid import keys
from webapp.domain.openid.keys import MadeMeanwhile
from webapp.models import OidcKey

EVERY = timedelta(days=90)


@transaction()
def withdraw(*, but: frozenset[str]) -> None:
    """Withdraw at once all keys but these: after a restore. The next token makes a new one."""
    for row in db.session.scalars(select(OidcKey).where(OidcKey.is_published(clock.now()))):
        if row.kid not in but:
            row.retires_at = clock.now()


@upkeep.renews
def rotate_when_due() -> int:
    """Publish the next key once the newest has been there for 90 days; none if none was needed."""
    newest = db.session.scalar(select(func.max(OidcKey.published_at)))
    if newest is None or clock.now() < newest + EVERY:
        return 0
    try:
        keys.rotate()
    except MadeMeanwhile:
        return 0
    return 1


@upkeep.forgets
@transaction()
def forget() -> int:
    """Delete the keys that are no longer published."""
    gone = db.session.execute(delete(OidcKey).where(OidcKey.retires_at <= clock.now()))
    return int(gone.rowcount)  # type: ignore[attr-defined]
