"""Taking over an unverified account by the link mailed to its address (rule 10)."""

from __future__ import annotations

from webapp import config
from webapp.db import transaction
from webapp.domain import account_links, passwords
from webapp.domain.sign_ins import SecondStep
from webapp.models import User

PURPOSE = "confirmation link"
SECONDS = 7 * 24 * 3600


def address(user: User) -> str:
    """The link that proves the mailbox: good for 7 days and one use."""
    token = account_links.token(PURPOSE, user)
    return f"{config.current().public_url}/confirm?token={token}"


def look(token: str, *, lock: bool = False) -> User:
    """The unverified account of a confirmation link; raises NotFound once it is used or old."""
    user = account_links.holder(PURPOSE, token, SECONDS, lock=lock)
    if user.is_verified:
        raise account_links.ended()
    return user


def confirm(token: str, *, password: str) -> str | SecondStep:
    """Set the holder's own password, end every session before, and sign in; returns the token."""
    account_links.check(look(token), password)
    # Hashed before the lock: inside, every other writer would wait for it.
    return _confirm(token, passwords.hashed(password))


@transaction()
def _confirm(token: str, password_hash: str) -> str | SecondStep:
    return account_links.hand_over(look(token, lock=True), password_hash)
