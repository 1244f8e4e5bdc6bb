"""Browsers that have signed in to an account before (OWASP: device cookies).

Such a browser has tries of its own, so nobody can use up the owner's by guessing elsewhere.
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


def here(user: User) -> str | None:
    """This browser's mark if it has signed in to the account since its password was set."""
    try:
        user_id, stamp, mark = signing.read(PURPOSE, request.cookies.get(cookie_name(), ""))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    known = user_id == user.id and stamp == passwords.stamp(user.password_hash)
    return str(mark) if known else None


def remember(response: Response | AnyResponse, user: User) -> None:
    """Let the browser, which has shown all factors of the account, be known for a year."""
    mark = here(user) or secrets.token_hex(8)
    response.set_cookie(
        cookie_name(),
        signing.sign(PURPOSE, [user.id, passwords.stamp(user.password_hash), mark]),
        max_age=SECONDS,
        secure=config.current().https,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def cookie_name() -> str:
    """The name of the cookie by which a browser is known."""
    return "__Host-gatehouse_device" if config.current().https else "gatehouse_device"
