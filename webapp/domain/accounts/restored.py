"""Accounts after a restore: what was open when the backup was made has ended (rule M6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from webapp import clock
from webapp.db import db
from webapp.domain import events
from webapp.domain.accounts import second_factors
from webapp.domain.events import Actor
from webapp.models import ApiKey, KeptForm, RecoveryCode, Session, User

# How somebody signs in, and whether the account is known to be theirs.
SIGN_IN = ("password_hash", "verified_at", "confined_to_id", "totp_secret", "totp_since")
Code = tuple[str, datetime | None]  # digest, when it was used


def end_sessions() -> int:
    """End everybody's sessions and drop what they had begun, in the present transaction.

    The present codes of second factors are spent as well: one may have been used since the backup.
    Returns how many sessions had not been ended.
    """
    now = clock.now()
    ended = db.session.execute(
        update(Session).where(Session.revoked_at.is_(None)).values(revoked_at=now)
    )
    db.session.execute(delete(KeptForm))
    db.session.execute(update(User).where(User.totp_since.is_not(None)).values(totp_step=_spent()))
    return int(ended.rowcount)  # type: ignore[attr-defined]


def end_keys(*, but: Collection[str], by: Actor) -> int:
    """End all API keys but those with these digests, in the present transaction; how many."""
    keys = select(ApiKey).where(ApiKey.revoked_at.is_(None)).order_by(ApiKey.id)
    ended = [key for key in db.session.scalars(keys) if key.digest not in but]
    for key in ended:
        key.revoked_at = clock.now()
        events.record(key.organization_id, "ApiKeyRevoked", by=by, key=key.name)
    return len(ended)


def sign_in_as_since(user: User, since: Any, codes: Iterable[Code]) -> None:
    """Give the account the password, second factor and codes that it has had since the backup."""
    for column in SIGN_IN:
        setattr(user, column, getattr(since, column))
    user.totp_step = _spent() if user.totp_since else None
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    db.session.add_all(
        RecoveryCode(user_id=user.id, digest=digest, used_at=used_at) for digest, used_at in codes
    )


def _spent() -> int:
    """The last time step whose code is taken now: that of the next one, as clocks differ."""
    return int(clock.now().timestamp()) // second_factors.STEP + 1
