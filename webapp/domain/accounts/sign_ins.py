"""Signing in: the password, and the second step where the account has one."""

from __future__ import annotations

from dataclasses import dataclass

from webapp import signing
from webapp.db import db, transaction
from webapp.domain import events
from webapp.domain.accounts import guesses, passwords, people, second_factors, sessions
from webapp.domain.accounts.guesses import WrongGuess
from webapp.domain.errors import Refusal
from webapp.languages import gettext
from webapp.models import User

PURPOSE, SECONDS = "second step", 300


@dataclass(frozen=True, slots=True)
class SecondStep:
    """The password was right; `pending` has to come with the code within five minutes."""

    pending: str


def sign_in(identifier: str, password: str) -> str | SecondStep:
    """A new session's token for the right password; the same Refusal for anything else.

    With a second factor it is a SecondStep. Takes the same time whether or not the account exists
    (ASVS 2.2.2, rule 16).
    """
    user = people.find(identifier)
    known_hash = guesses.known_hash(user, password, _wrong_pair())
    assert user is not None  # noqa: S101 - without an account no password is right
    if user.has_second_factor:
        return second_step(user)
    with guesses.noted(user):
        return _sign_in(user, known_hash)


def second_step(user: User) -> SecondStep:
    """The step that is left for somebody who has just shown the first factor."""
    return SecondStep(signing.sign_for_now(PURPOSE, [user.id, passwords.stamp(user.password_hash)]))


def finish(pending: str, *, code: str) -> str:
    """The session's token for a right code after the right password; Refusal for anything else."""
    try:
        user_id, stamp = signing.read_recent(PURPOSE, pending, SECONDS)
    except signing.BadSignature:
        raise Refusal(gettext("That took too long. Sign in again.")) from None
    with guesses.noted(user_id):
        return _finish(user_id, stamp, code)


def half_signed_in(pending: str) -> User | None:
    """Whose second step this is; None when it took too long or is not one of ours."""
    try:
        user_id, _ = signing.read_recent(PURPOSE, pending, SECONDS)
    except signing.BadSignature:
        return None
    return db.session.get(User, user_id)


@transaction()
def _finish(user_id: int, stamp: str, code: str) -> str:
    user = db.session.get_one(User, user_id, with_for_update=True, populate_existing=True)
    if stamp != passwords.stamp(user.password_hash):
        raise Refusal(gettext("Your password has just been changed. Sign in with the new one."))
    second_factors.check(user, code)
    events.record(sessions.last_used(user), "SignedIn", by=user, user_id=user.id)
    return sessions.start(user)


@transaction()
def _sign_in(user: User, known_hash: str) -> str:
    if not people.still_has(user.id, known_hash) or user.has_second_factor:
        raise _wrong_pair()
    events.record(sessions.last_used(user), "SignedIn", by=user, user_id=user.id)
    return sessions.start(user)


def _wrong_pair() -> WrongGuess:
    return WrongGuess(
        gettext("The address or the password is not right. Check both and try again.")
    )
