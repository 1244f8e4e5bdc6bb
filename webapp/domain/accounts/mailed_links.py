"""Links mailed to an account's own address: opening one proves access to the mailbox (rule 10)."""

from __future__ import annotations

from sqlalchemy import func, select

from webapp import signing
from webapp.db import db
from webapp.domain import events
from webapp.domain.accounts import api_keys, passwords, people, second_factors, sessions, sign_ins
from webapp.domain.accounts.sign_ins import SecondStep
from webapp.domain.errors import NotFound
from webapp.languages import gettext
from webapp.models import Restore, User


def token(purpose: str, user: User) -> str:
    """The signed part of a new link for this purpose: it is good for one use."""
    return signing.sign_for_now(purpose, [user.id, _stamp(user)])


def holder(purpose: str, token: str, seconds: int, *, lock: bool = False) -> User:
    """The account of a link, locked if asked; raises NotFound once used or older than `seconds`.

    So is one from before a restore: it may have been used since the backup was made (rule M6).
    Changes nothing. A token that we did not sign never reaches the database.
    """
    try:
        signed_at, content = signing.read_dated(purpose, signing.pasted(token), seconds)
        user_id, stamp = content
    except (signing.BadSignature, ValueError, TypeError):
        raise ended() from None
    if signed_at <= _restored_at():
        raise ended()
    user = people.held(user_id) if lock else db.session.get(User, user_id)
    if user is None or user.deleted_at or stamp != _stamp(user):
        raise ended()
    return user


def check(user: User, password: str) -> None:
    """Refuse what cannot be the account's new password (rule 13)."""
    people.check_password(user, password)


def hand_over(user: User, password_hash: str) -> str | SecondStep:
    """Set the password, verify the account, end all earlier sessions and sign in.

    Call it in the transaction that locks the user. Returns the session's token, or a SecondStep if
    the account has a second factor: a mailbox alone is not both factors.
    """
    organization_id = user.confined_to_id or sessions.last_used(user)
    sessions.end_all(user)
    people.set_password(user, password_hash)
    events.record(organization_id, "PasswordChanged", by=user, user_id=user.id)
    if not user.is_verified:
        # They are the occupier's, not the holder's.
        api_keys.end_occupiers(user)
        second_factors.forget(user)
        people.verify(user)
        events.record(organization_id, "EmailVerified", by=user, email=user.email)
    if user.has_second_factor:
        return sign_ins.second_step(user)
    return sessions.start(user, organization_id)


def ended() -> NotFound:
    """The error for a used or old link."""
    return NotFound(
        gettext("This link has already been used or has expired. Sign in with your password.")
    )


def _restored_at() -> int:
    """When this installation was last restored, in seconds since 1970; -1 if it never was."""
    latest = db.session.scalar(select(func.max(Restore.at)))
    return int(latest.timestamp()) if latest else -1


def _stamp(user: User) -> str:
    # It changes by use, so that a link works once. For a verified account it changes with the
    # password. For an unverified one it must not: its occupier could end the owner's links by
    # changing the password. There, using a link verifies the account.
    present = user.password_hash if user.is_verified else "unverified"
    return passwords.stamp(present)
