"""Signed texts: each for one purpose, with keys that can be rotated without breaking old ones."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import html
import re
from typing import Any
from urllib.parse import unquote

from itsdangerous import BadData, Signer, URLSafeSerializer

from webapp import clock, config

TIMED = ", for a while"
# Breaks, also those of quoted mails (a line begins with >) and of quoted-printable code (it ends
# with =), and what is unseen.
_UNSEEN = re.compile(
    r"[\r\n][\s>]*|[\s=\x00-\x1f\x7f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+"
)
_BEFORE = re.compile(r".*(?:token=(?:3D)?|/invite/)|\s*3D", re.DOTALL | re.IGNORECASE)
_SIGNED = re.compile(r"[A-Za-z0-9_.-]+")


class BadSignature(Exception):
    """The text was not signed by us for this purpose, or it is too old."""


# The default of itsdangerous is SHA-1, which NIST SP 800-131A no longer allows for HMAC.
_OPTIONS: dict[str, Any] = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}


def _keys() -> tuple[str, ...]:
    settings = config.current()
    return (*reversed(settings.secret_key_fallbacks), settings.secret_key)


@functools.lru_cache
def _serializer(keys: tuple[str, ...], purpose: str) -> Any:
    return URLSafeSerializer(list(keys), salt=purpose, signer_kwargs=_OPTIONS)


def sign(purpose: str, payload: Any) -> str:
    """A URL-safe text with the payload, valid for ever, for this purpose only.

    HMAC-SHA256 (RFC 2104) with a key derived from SECRET_KEY and the purpose.
    """
    return _as_text(_serializer(_keys(), purpose).dumps(payload))


def read(purpose: str, text: str) -> Any:
    """The payload of `sign`; raises BadSignature for anything else."""
    try:
        return _serializer(_keys(), purpose).loads(text)
    except (BadData, UnicodeError) as wrong:
        raise BadSignature from wrong


def sign_for_now(purpose: str, payload: Any) -> str:
    """Like `sign`, with the time of signing inside, for `read_recent`."""
    return sign(purpose + TIMED, [_seconds(), payload])


def read_recent(purpose: str, text: str, seconds: int) -> Any:
    """The payload of `sign_for_now`, at most `seconds` old; raises BadSignature."""
    return read_dated(purpose, text, seconds)[1]


def read_dated(purpose: str, text: str, seconds: int) -> tuple[int, Any]:
    """The same with the time of signing, in seconds since 1970; raises BadSignature."""
    signed_at, payload = read(purpose + TIMED, text)
    if _seconds() - signed_at > seconds:
        raise BadSignature
    return signed_at, payload


def pasted(text: str) -> str:
    """The signed text of a link, without what mail programs and sentences put into or around it.

    They break long links, write blanks and brackets in code, and take the full stop, bracket or
    quotation mark that follows for a part of it. None of these characters occurs in a signed text,
    nor does one begin with 3D (= in quoted-printable code), so leaving them out makes no wrong text
    right.
    """
    text = html.unescape(unquote(unquote(text)))
    before = _BEFORE.match(text)
    found = _SIGNED.search(_UNSEEN.sub("", text[before.end() :] if before else text))
    return found[0].rstrip(".") if found else ""


def mark(purpose: str, text: str) -> str:
    """A signature of 16 letters and digits, for places that are short and ignore case.

    80 bits of HMAC-SHA256 (RFC 2104 §5 allows truncation): each guess has to be tried on us.
    """
    return _mark(_keys()[-1], purpose, text)


def is_marked(purpose: str, text: str, mark: str) -> bool:
    """Whether `mark` is valid for this text and purpose, with the current key or an earlier one."""
    given = mark.encode("utf-8", "replace")
    return any(hmac.compare_digest(_mark(k, purpose, text).encode(), given) for k in _keys())


def digest(secret: str) -> str:
    """What is kept of a random secret to know it again: its SHA-256, in hexadecimal.

    Random bits need no slow hash (OWASP ASVS 11.4.1).
    """
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _mark(key: str, purpose: str, text: str) -> str:
    signer = Signer(key, salt=purpose, **_OPTIONS)
    signature = base64.urlsafe_b64decode(signer.get_signature(text) + b"==")
    return base64.b32encode(signature[:10]).decode("ascii").lower()


def _seconds() -> int:
    # By our own clock, which tests can move; itsdangerous uses the system's.
    return int(clock.now().timestamp())


def _as_text(signed: str | bytes) -> str:
    return signed if isinstance(signed, str) else signed.decode("ascii")
