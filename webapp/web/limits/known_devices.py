"""Browsers that have signed in to an account before (OWASP: device cookies).

Such a browser has its own tries, so nobody can use up the owner's by guessing elsewhere.
"""

from __future__ import annotations

import secrets

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from webapp import config, signing
from webapp.domain.accounts import passwords
from webapp.models import User

PURPOSE = "known device"
SECONDS = 365 * 24 * 3600


def mark(user: User) -> str | None:
    """This browser's mark if it has signed in to the account since its password was set."""
    try:
        user_id, stamp, text = signing.read(PURPOSE, request.cookies.get(cookie_name(), ""))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    is_known = user_id == user.id and stamp == passwords.stamp(user.password_hash)
    return str(text) if is_known else None


def remember(response: Response | AnyResponse, user: User) -> None:
    """Know this browser, which has passed every factor of the account, for a year."""
    text = mark(user) or secrets.token_hex(8)
    response.set_cookie(
        cookie_name(),
        signing.sign(PURPOSE, [user.id, passwords.stamp(user.password_hash), text]),
        max_age=SECONDS,
        secure=config.current().https,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def cookie_name() -> str:
    """The name of the cookie that identifies the browser."""
    return "__Host-gatehouse_device" if config.current().https else "gatehouse_device"
