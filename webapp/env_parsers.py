"""Settings as text: what each kind looks like, and what to write instead; all raise ValueError."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

# Of the 64 octets of a local part, +, 19 digits, - and 16 characters of a signature are ours.
RETURN_PATH_LOCAL = 64 - 37


def text(text: str) -> str:
    """The text as it stands."""
    return text


def flag(text: str) -> bool:
    """True or False for on and off."""
    known = {"1": True, "true": True, "yes": True, "on": True}
    known |= {"0": False, "false": False, "no": False, "off": False}
    if text.lower() not in known:
        raise ValueError("should be on or off")
    return known[text.lower()]


def whole(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers within bounds."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"should be a whole number from {low} to {high}")
        return int(text)

    return read


def one_of(*words: str) -> Callable[[str], str]:
    """A reader of one of these words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"should be one of {', '.join(words)}")
        return text

    return read


def words(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def domains(text: str) -> tuple[str, ...]:
    """Domain names between commas, in their IDNA A-labels."""
    names = tuple(name.lstrip("@").lower() for name in words(text))
    for name in names:
        if "." not in name or any(c.isspace() or c in "@/:" for c in name):
            raise ValueError("should be domain names separated by commas, like example.org")
    return tuple(name.encode("idna").decode("ascii") for name in names)


def address(text: str) -> str:
    """An http or https address without a path: scheme and host."""
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
        raise ValueError("should be the address people open, like https://gate.example.org")
    if url.path.strip("/"):
        raise ValueError("should have no path: Gatehouse lives at the root of its host")
    if url.username or not re.fullmatch(r"[\w.:\[\]-]+", url.netloc) or url.port == 0:
        raise ValueError("should be a scheme and a host, like https://gate.example.org")
    return f"{url.scheme}://{url.netloc}"


def mailbox(text: str) -> str:
    """One email address that any mail server takes."""
    try:
        return validate_email(text, check_deliverability=False, allow_smtputf8=False).normalized
    except EmailNotValidError:
        raise ValueError("should be an email address, like gatehouse@example.org") from None


def return_path(text: str) -> str:
    """A mailbox whose local part leaves room for `+<delivery>-<signature>` (RFC 5321 4.5.3.1.1)."""
    local, _, name = mailbox(text).lower().rpartition("@")
    domain = name.encode("idna").decode("ascii")
    if "+" in local or '"' in local or len(local) > RETURN_PATH_LOCAL:
        raise ValueError(
            f"should have at most {RETURN_PATH_LOCAL} characters and no + before its @, "
            "like bounces@example.org"
        )
    return f"{local}@{domain}"


def webhook_secret(text: str) -> str:
    """A secret as Standard Webhooks writes it: whsec_ and base64, of 24 bytes or more."""
    try:
        key = base64.b64decode(text.removeprefix("whsec_") + "==", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < 24 or not text.startswith("whsec_"):
        raise ValueError("should be the signing secret that Resend shows, like whsec_…")
    return text


def database(text: str) -> str:
    """The address of a database, as SQLAlchemy writes it."""
    for prefix in ("postgres://", "postgresql://"):
        if text.startswith(prefix):
            return "postgresql+psycopg://" + text.removeprefix(prefix)
    if not text.startswith(("postgresql+psycopg://", "sqlite:///")):
        raise ValueError("should start with postgresql:// or sqlite:///")
    return text


def redis(text: str) -> str:
    """The address of a Redis."""
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("should start with redis://, rediss:// or unix://")
    return text
