"""Texts that only we can read: encrypted for a purpose, with keys that can be changed."""

from __future__ import annotations

import base64
import functools

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webapp import clock, config
from webapp.config import Settings


class NotSealed(Exception):
    """The text was not sealed by us for this purpose, or too long ago."""


def seal(purpose: str, text: str) -> str:
    """The text encrypted and signed (Fernet: AES-128-CBC, HMAC-SHA256), with the time inside."""
    return _box(purpose).encrypt_at_time(text.encode(), _seconds()).decode("ascii")


def unseal(purpose: str, sealed: str, seconds: int | None = None) -> str:
    """The text of `seal`, at most so many seconds old if that is given; raises NotSealed."""
    try:
        box, token = _box(purpose), sealed.encode("utf-8", "replace")
        if seconds is None:
            return box.decrypt(token).decode()
        return box.decrypt_at_time(token, seconds, _seconds()).decode()
    except InvalidToken:
        raise NotSealed from None


def renewed(purpose: str, sealed: str) -> str:
    """The same text sealed with the present key; raises NotSealed."""
    try:
        return _box(purpose).rotate(sealed.encode("utf-8", "replace")).decode("ascii")
    except InvalidToken:
        raise NotSealed from None


def opened(purpose: str, sealed: str) -> bytes | None:
    """The bytes of which `sealed` holds the hex; None when no SECRET_KEY that we know opens it.

    Remembered: what signs with a kept key asks for it each time.
    """
    return _opened(config.current(), purpose, sealed)


@functools.lru_cache(maxsize=2000)
def _opened(_settings: Settings, purpose: str, sealed: str) -> bytes | None:
    try:
        return bytes.fromhex(unseal(purpose, sealed))
    except NotSealed:
        return None


def _seconds() -> int:
    return int(clock.now().timestamp())


def _box(purpose: str) -> MultiFernet:
    settings = config.current()
    keys = [settings.secret_key, *settings.secret_key_fallbacks]
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keys])


def _derived(key: str, purpose: str) -> bytes:
    # RFC 5869: one key for each purpose, so that a text sealed for one opens no other.
    raw = HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key.encode())
    return base64.urlsafe_b64encode(raw)
