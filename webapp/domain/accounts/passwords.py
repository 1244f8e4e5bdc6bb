"""Passwords: which are good enough, and their Argon2id hashes."""

from __future__ import annotations

import functools
import hashlib
import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from webapp import config
from webapp.domain.accounts import password_strength
from webapp.domain.errors import Refusal
from webapp.languages import gettext as _
from webapp.languages import marked

LONGEST = 128
WORDS = {
    password_strength.COMMON: marked(
        "Many people use this password, or one very like it. Choose one that only you use."
    ),
    password_strength.REPEATED: marked(
        "This password repeats the same few characters. Several different words work well."
    ),
    password_strength.ROW: marked(
        "This password follows a row of keys, letters or numbers. "
        "Several different words work well."
    ),
    password_strength.OWN: marked(
        "Choose a password that is not your name or address, nor the name of your "
        "organization or of this place, with a little added."
    ),
    password_strength.EASY: marked(
        "This password is easy to guess. Make it longer: several words that do not "
        "belong together work well."
    ),
}

# OWASP Password Storage Cheat Sheet: Argon2id with t=2, m=19 MiB, p=1.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def _one_form(password: str) -> str:
    """The same text, however a keyboard composes its letters (NIST SP 800-63B 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


@functools.cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


def check(
    password: str,
    *,
    email: str,
    names: Iterable[str],
    organizations: Iterable[str] = (),
) -> None:
    """Refuse a password that is short, too long, or easy to guess, saying why.

    NIST SP 800-63B 5.1.1.2: by length, and by what is common, expected or personal; no rules of
    composition. Lengths are in characters. It is slow, so call it before locking.
    """
    least = config.current().password_min_length
    if len(password) < least:
        words = _("Use at least %(least)s characters. Several words work well.", least=least)
        raise Refusal(words, "password")
    if len(password) > LONGEST:
        raise Refusal(_("Use at most %(most)s characters.", most=LONGEST), "password")
    # Broken bytes all become the same two characters: a password of them is weaker than it looks.
    if any(char == "\ufffd" or "\ud800" <= char <= "\udfff" for char in password):
        raise Refusal(_("This password contains a character that cannot be stored."), "password")
    own = (email, *names, *organizations, "Gatehouse", config.current().public_host)
    weakness = password_strength.weakness(_one_form(password), own)
    if weakness:
        raise Refusal(_(WORDS[weakness]), "password")


def hashed(password: str) -> str:
    """The Argon2id hash in its standard encoding; takes about 20 ms, so call it before locking."""
    return _hasher.hash(_one_form(password))


def matches(password: str, known_hash: str | None) -> bool:
    """Whether the password made this hash; as slow when there is no hash to compare with."""
    try:
        return (
            _hasher.verify(known_hash or _nobody(), _one_form(password)) and known_hash is not None
        )
    except (VerificationError, InvalidHashError, UnicodeError):
        return False


def stamp(known_hash: str) -> str:
    """A digest that changes with the password, and reveals neither the password nor its hash."""
    return hashlib.sha256(known_hash.encode()).hexdigest()[:16]
