"""How long sessions last, and why one has ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from webapp import clock, config, formats
from webapp.languages import gettext, ngettext
from webapp.models import Session


def lifetime() -> timedelta:
    """How long a session lasts at most (SESSION_DAYS; ASVS 3.3.2)."""
    return timedelta(days=config.current().session_days)


def is_live(session: Session | Row[Any]) -> bool:
    """Whether the session, or such a row, is neither ended, nor too old, nor too long unused."""
    idle = timedelta(days=config.current().session_idle_days)
    now = clock.now()
    is_ended = session.revoked_at is not None
    return not is_ended and now < session.expires_at and now < session.last_used_at + idle


def why_over(session: Session) -> str:
    """Why a session that is no longer live has ended, as far as that is known."""
    if session.revoked_at is not None:
        return gettext(
            "You were signed out on %(time)s. That happens when you sign out in another tab or "
            "browser, when your password changes, or when an admin changes your role or signs "
            "you out.",
            time=formats.exact(session.revoked_at),
        )
    if clock.now() >= session.expires_at:
        return ngettext(
            "You were signed out because you signed in more than %(num)s day ago.",
            "You were signed out because you signed in more than %(num)s days ago.",
            lifetime().days,
        )
    return ngettext(
        "You were signed out because you did not use this browser here for %(num)s day.",
        "You were signed out because you did not use this browser here for %(num)s days.",
        config.current().session_idle_days,
    )
