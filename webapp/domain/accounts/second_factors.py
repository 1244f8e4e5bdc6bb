"""The second factor: time-based codes (RFC 6238), and recovery codes to use without the app."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

import pyotp
from sqlalchemy import ColumnElement, delete, func, select

from webapp import clock, encryption, signing
from webapp.db import db, transaction
from webapp.domain import events
from webapp.domain.accounts import guesses, people
from webapp.domain.accounts.guesses import WrongGuess
from webapp.domain.errors import Refusal
from webapp.domain.events import OPERATOR
from webapp.languages import gettext as _
from webapp.models import RecoveryCode, User

STORED, OFFERED = "second factor", "second factor offer"
OFFER_SECONDS = 3600
STEP = 30  # seconds
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz023456789"  # 32, without 1, i, l and o


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret and recovery codes that are not in force yet, and the text that brings them back."""

    secret: str
    codes: tuple[str, ...]
    uri: str
    sealed: str


def offer(user: User) -> Offer:
    """A fresh secret and recovery codes to be shown; in force once confirmed with a code."""
    secret = pyotp.random_base32()
    codes = tuple(_new_code() for _each in range(RECOVERY_CODES))
    sealed = encryption.encrypt(OFFERED, json.dumps([user.id, secret, codes]))
    return _offer(user, secret, codes, sealed)


def offered(user: User, sealed: str) -> Offer:
    """The offer that was shown, to show it again; raises Refusal when it is an hour old."""
    try:
        user_id, secret, codes = json.loads(encryption.decrypt(OFFERED, sealed, OFFER_SECONDS))
    except encryption.DecryptionError:
        user_id, secret, codes = None, "", ()
    if user_id != user.id:
        raise Refusal(_("This page was open too long. Start again with the new secret below."))
    return _offer(user, secret, tuple(codes), sealed)


def switch_on(user: User, sealed: str, *, password: str, code: str) -> None:
    """Switch the second factor on; the code shows that the app has the secret.

    The password shows that the owner wants it, and not somebody else at their browser (ASVS 7.5.1).
    """
    _switch_on(user, guesses.known_hash(user, password, guesses.wrong_password()), sealed, code)


@transaction()
def _switch_on(user: User, known_hash: str, sealed: str, code: str) -> None:
    confirmed = offered(user, sealed)
    _lock(user, known_hash)
    if user.totp_since is not None:
        raise Refusal(_("Your second factor is already on."))
    step = _step_of(confirmed.secret, code)
    if step is None:
        raise _wrong()
    user.totp_secret = encryption.encrypt(STORED, confirmed.secret)
    user.totp_since = clock.now()
    user.totp_step = step
    _replace_codes(user, confirmed.codes)
    events.record(None, "SecondFactorOn", by=user, user_id=user.id)


def switch_off(user: User, *, password: str) -> None:
    """Switch the second factor off; the password shows that the owner wants it."""
    _switch_off(user, guesses.known_hash(user, password, guesses.wrong_password()))


@transaction()
def _switch_off(user: User, known_hash: str) -> None:
    _lock(user, known_hash)
    if user.totp_since is not None:
        forget(user)
        events.record(None, "SecondFactorOff", by=user, user_id=user.id)


@transaction()
def take_off(identifier: str) -> User:
    """Take the second factor off an account, by address or username; as the operator.

    For people who lost their phone and recovery codes, or whom a thief has locked out.
    Sessions and password stay as they are.
    """
    user = people.named(identifier)
    db.session.refresh(user, with_for_update=True)
    if user.totp_since is None:
        raise Refusal(_("%(email)s has no second factor.", email=user.email))
    forget(user)
    events.record(None, "SecondFactorOff", by=OPERATOR, user_id=user.id)
    return user


def forget(user: User) -> None:
    """Drop the second factor of a held account, in the present transaction."""
    user.totp_secret = user.totp_since = user.totp_step = None
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def check(user: User, code: str) -> None:
    """Accept a current code or a recovery code, each once, in the transaction; else Refusal.

    Call it with the user locked, so that two requests at once cannot use the same code.
    """
    if user.totp_since is None:
        return
    try:
        step = _step_of(encryption.decrypt(STORED, user.totp_secret or ""), code)
    except encryption.DecryptionError:
        step = None  # the key that encrypted it is gone; recovery codes still work
    if step is not None and step > (user.totp_step or 0):
        user.totp_step = step  # RFC 6238 5.2: no code is good twice
        return
    _use_recovery_code(user, code)


def _use_recovery_code(user: User, code: str) -> None:
    query = select(RecoveryCode).where(_unused(user), RecoveryCode.digest == _digest(code))
    row = db.session.scalar(query.with_for_update())
    if row is None:
        raise _wrong()
    row.used_at = clock.now()
    events.record(None, "RecoveryCodeUsed", by=user, user_id=user.id)


def codes_left(user: User) -> int:
    """How many recovery codes the user has not used."""
    return db.session.scalar(select(func.count()).where(_unused(user))) or 0


def _unused(user: User) -> ColumnElement[bool]:
    return (RecoveryCode.user_id == user.id) & RecoveryCode.used_at.is_(None)


def _offer(user: User, secret: str, codes: tuple[str, ...], sealed: str) -> Offer:
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name="Gatehouse")
    return Offer(secret, codes, uri, sealed)


def _lock(user: User, known_hash: str) -> None:
    """Lock the account, which must still have the password that was just checked."""
    db.session.refresh(user, with_for_update=True)
    if user.password_hash != known_hash:
        raise Refusal(
            _("Your password has just been changed. Sign in with the new one."), "password"
        )


def _step_of(secret: str, code: str) -> int | None:
    """The step of this code: the present one or a neighbour, since clocks differ a little."""
    typed = "".join(code.split())
    if not (typed.isascii() and typed.isdigit() and len(typed) == 6):
        return None
    present = int(clock.now().timestamp()) // STEP
    generator = pyotp.TOTP(secret)
    for step in (present, present - 1, present + 1):
        if secrets.compare_digest(generator.generate_otp(step), typed):
            return step
    return None


def _replace_codes(user: User, codes: tuple[str, ...]) -> None:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    db.session.add_all(RecoveryCode(user_id=user.id, digest=_digest(code)) for code in codes)


def _new_code() -> str:
    """Ten letters and digits that are hard to mistake: 50 bits."""
    letters = "".join(secrets.choice(LETTERS) for _each in range(10))
    return f"{letters[:5]}-{letters[5:]}"


def _digest(code: str) -> str:
    # 50 random bits need no slow hash; white space, case and hyphens are as people type them.
    plain = "".join(char for char in code.casefold() if char.isalnum())
    return signing.digest(plain)


def _wrong() -> WrongGuess:
    return WrongGuess(_("The code is not right. Use the one that your app is showing."), "code")
