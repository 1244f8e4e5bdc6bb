"""Guesses at an account: wrong passwords and codes that somebody typed (rule 12).

Wherever it is typed, each is recorded as a `SignInFailed` of that account; the limits of the pages
and of the API count those.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from webapp.db import transaction
from webapp.domain import events
from webapp.domain.accounts import passwords
from webapp.domain.errors import Refusal
from webapp.languages import gettext
from webapp.models import User


class WrongGuess(Refusal):
    """What was typed is not the account's password or code."""


def known_hash(user: User | None, password: str, refusal: WrongGuess) -> str:
    """The account's present password hash if this is its password; else `refusal`, on record.

    Takes as long without an account (ASVS 6.3.8). Call it before the transaction, and compare the
    hash again under the lock: it may change meanwhile.
    """
    with noted(user):
        password_hash = user.password_hash if user else None
        if not passwords.matches(password, password_hash) or password_hash is None:
            raise refusal
        return password_hash


def wrong_password() -> WrongGuess:
    """The refusal of a signed-in person's wrong password."""
    return WrongGuess(gettext("The password is not right. Try again."), "password")


@contextmanager
def noted(user: User | int | None) -> Iterator[None]:
    """Record a WrongGuess of the block against the account, in a transaction of its own."""
    try:
        yield
    except WrongGuess:
        note(user)
        raise


@transaction()
def note(user: User | int | None) -> None:
    """Record a wrong guess; `user` is None when there is no such account."""
    # What was typed is not written down: it may be a password in the wrong field.
    user_id = user.id if isinstance(user, User) else user
    events.record(None, "SignInFailed", by="system", user_id=user_id)
