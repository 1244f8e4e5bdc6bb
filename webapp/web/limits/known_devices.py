"""Browsers that have signed in to an account before (OWASP: device cookies).

Such a browser has its own tries, so nobody can use up the owner's by guessing elsewhere.
"""

from __future__ import annotations

import secrets

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from webapp import signing
from webapp.domain.accounts import passwords
from webapp.models import User
from webapp.web import cookies

PURPOSE = "known device"
COOKIE = "gatehouse_device"
SECONDS = 365 * 24 * 3600


def mark(user: User) -> str | None:
    """This browser's mark if it has signed in to the account since its password was set."""
    try:
        user_id, stamp, text = signing.read(PURPOSE, cookies.read(COOKIE))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    is_known = user_id == user.id and stamp == passwords.stamp(user.password_hash)
    return str(text) if is_known else None


def remember(response: Response | AnyResponse, user: User) -> None:
    """Know this browser, which has passed every factor of the account, for a year."""
    text = mark(user) or secrets.token_hex(8)
    value = signing.sign(PURPOSE, [user.id, passwords.stamp(user.password_hash), text])
    cookies.put(response, COOKIE, value, SECONDS)
