"""Signed texts: a purpose, a payload, and keys that can be changed without breaking old ones."""

from __future__ import annotations

import hashlib
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeSerializer, URLSafeTimedSerializer

from webapp import clock, config


class BadSignature(Exception):
    """The text was not signed by us for this purpose, or it is too old."""


class _Clocked(TimestampSigner):
    """Reads the time from our clock, as everything else does."""

    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


def _timed(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(_keys(), salt=purpose, signer=_Clocked, **_options())


def _options() -> dict[str, Any]:
    # itsdangerous signs with SHA-1 unless told; NIST SP 800-131A allows it for HMAC no longer.
    return {"signer_kwargs": {"digest_method": hashlib.sha256, "key_derivation": "hmac"}}


def _keys() -> list[str]:
    settings = config.current()
    return [*reversed(settings.secret_key_fallbacks), settings.secret_key]


def sign(purpose: str, payload: Any) -> str:
    """A URL-safe text holding the payload, good for ever for this purpose only.

    HMAC-SHA256 (RFC 2104) with a key derived from SECRET_KEY and the purpose.
    """
    return _as_text(URLSafeSerializer(_keys(), salt=purpose, **_options()).dumps(payload))


def read(purpose: str, text: str) -> Any:
    """The payload of `sign`; raises BadSignature for anything else."""
    try:
        return URLSafeSerializer(_keys(), salt=purpose, **_options()).loads(text)
    except (BadData, UnicodeError) as wrong:
        raise BadSignature from wrong


def sign_for_now(purpose: str, payload: Any) -> str:
    """Like `sign`, with the time of signing inside, for `read_recent`."""
    return _as_text(_timed(purpose).dumps(payload))


def read_recent(purpose: str, text: str, seconds: int) -> Any:
    """The payload of `sign_for_now` when at most so many seconds old; raises BadSignature."""
    serializer = _timed(purpose)
    try:
        return serializer.loads(text, max_age=seconds)
    except (BadData, UnicodeError) as wrong:
        raise BadSignature from wrong


def _as_text(signed: str | bytes) -> str:
    return signed if isinstance(signed, str) else signed.decode("ascii")
