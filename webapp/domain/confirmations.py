"""Taking over an unverified account by the link mailed to its address (rule 10)."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from webapp import config, signing
from webapp.db import db, transaction
from webapp.domain import events, passwords, people, second_factors, sessions
from webapp.domain.errors import NotFound
from webapp.models import User

PURPOSE = "confirmation link"
SECONDS = 7 * 24 * 3600


def address(user: User) -> str:
    """The link that proves the mailbox: good for 7 days and one use."""
    token = signing.sign_for_now(PURPOSE, [user.id, _stamp(user)])
    return f"{config.current().public_url}/confirm?token={token}"


def look(token: str) -> User:
    """The unverified account of a confirmation link; raises NotFound once it is used or old."""
    return _account(token, lock=False)


def confirm(token: str, *, password: str) -> str:
    """Set the holder's own password, end every session before, and sign in; returns the token."""
    user = look(token)
    passwords.check(password, email=user.email, names=(user.full_name, user.username or ""))
    return _confirm(token, passwords.hashed(password))


@transaction()
def _confirm(token: str, password_hash: str) -> str:
    user = _account(token, lock=True)
    organization_id = user.confined_to_id
    sessions.end_all(user)
    people.take_over(user, user.full_name, user.username, password_hash)
    second_factors.forget(user)
    events.record(organization_id, "EmailVerified", by=user, email=user.email)
    return sessions.start(user, organization_id)


def _account(token: str, *, lock: bool) -> User:
    try:
        user_id, stamp = signing.read_recent(PURPOSE, token, SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        raise _ended() from None
    query = select(User).where(User.id == user_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    user = db.session.scalar(query)
    if user is None or user.is_verified or stamp != _stamp(user):
        raise _ended()
    return user


def _stamp(user: User) -> str:
    # Changes with the password, so a link that was used is worth nothing afterwards.
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]


def _ended() -> NotFound:
    return NotFound("This link was used already or has run out. Sign in with your password.")
