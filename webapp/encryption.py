"""Encrypted texts that only we can read: each for one purpose, with keys that can be rotated."""

from __future__ import annotations

import base64
import functools

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webapp import clock, config
from webapp.config import Settings


class DecryptionError(Exception):
    """The text was not encrypted by us for this purpose, or too long ago."""


def encrypt(purpose: str, text: str) -> str:
    """The text encrypted and signed (Fernet: AES-128-CBC, HMAC-SHA256), with the time inside."""
    return _fernet(purpose).encrypt_at_time(text.encode(), _seconds()).decode("ascii")


def decrypt(purpose: str, token: str, seconds: int | None = None) -> str:
    """The text that `encrypt` was given, at most `seconds` ago if set; raises DecryptionError."""
    try:
        fernet, data = _fernet(purpose), token.encode("utf-8", "replace")
        if seconds is None:
            return fernet.decrypt(data).decode()
        return fernet.decrypt_at_time(data, seconds, _seconds()).decode()
    except InvalidToken:
        raise DecryptionError from None


def reencrypt(purpose: str, token: str) -> str:
    """The same text encrypted with the current key; raises DecryptionError."""
    try:
        return _fernet(purpose).rotate(token.encode("utf-8", "replace")).decode("ascii")
    except InvalidToken:
        raise DecryptionError from None


def stored_key(purpose: str, token: str) -> bytes | None:
    """The key whose hex was encrypted; None when no SECRET_KEY that we know decrypts it.

    Cached, since each signature with a stored key asks for it.
    """
    return _stored_key(config.current(), purpose, token)


@functools.lru_cache(maxsize=2000)
def _stored_key(_settings: Settings, purpose: str, token: str) -> bytes | None:
    try:
        return bytes.fromhex(decrypt(purpose, token))
    except DecryptionError:
        return None


def _seconds() -> int:
    return int(clock.now().timestamp())


def _fernet(purpose: str) -> MultiFernet:
    settings = config.current()
    keys = [settings.secret_key, *settings.secret_key_fallbacks]
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keys])


def _derived(key: str, purpose: str) -> bytes:
    # RFC 5869: one key for each purpose, so that a text encrypted for one decrypts for no other.
    raw = HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key.encode())
    return base64.urlsafe_b64encode(raw)
