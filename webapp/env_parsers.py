"""Kinds of settings as marshmallow fields: how their text is read, what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote, urlsplit

from marshmallow import ValidationError, fields
from marshmallow.validate import OneOf, Range, Regexp

from webapp import address_syntax, redis_servers

RETURN_PATH_LOCAL = 64 - 37  # octets; we add +, 19 digits, - and 16 characters of a signature


def number(low: int, high: int) -> fields.Field[int]:
    """A whole number within bounds."""
    error = f"should be a whole number from {low} to {high}"
    digits = Regexp(r"[0-9]{1,18}\Z", error=error)  # int() also takes 1_000 and other alphabets
    return fields.Integer(pre_load=digits, validate=Range(low, high, error=error))


def one_of(*words: str) -> fields.Field[str]:
    """One of these words."""
    return fields.String(validate=OneOf(words, error="should be one of {choices}"))


def text(error: str, pattern: str = "", parse: Callable[[str], Any] = str) -> fields.Field[Any]:
    """What `parse`, which may raise ValueError, makes of text that begins with the pattern."""

    def read(value: str) -> Any:
        try:
            return parse(value)
        except ValueError:
            raise ValidationError(error) from None

    return fields.String(validate=Regexp(pattern, error=error), post_load=read)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _domains(text: str) -> tuple[str, ...]:
    names = [word.lstrip("@").lower() for word in _words(text)]
    if not all(re.fullmatch(r"[^\s@/:]*\.[^\s@/:]*", name) for name in names):
        raise ValueError
    return tuple(name.encode("idna").decode("ascii") for name in names)


def _origin(text: str) -> str:
    url = urlsplit(text)
    if not url.hostname or url.port == 0:  # `port` raises ValueError above 65535
        raise ValueError
    return f"{url.scheme}://{url.netloc}"


def _hosts(text: str) -> tuple[str, ...]:
    names = [word.lower() for word in _words(text)]
    if not all(re.fullmatch(r"\.?[\w.-]+|\[[\da-f:.]+\]", name) for name in names):
        raise ValueError
    return tuple(names)


def _mailbox(text: str) -> str:
    # Our own mailbox may be at an internal domain: whoever sets it knows their network.
    address_syntax.split(text, internal=True, ascii_only=True)
    local, _, domain = text.rpartition("@")
    return f"{local}@{domain.lower()}"


def _return_path(text: str) -> str:
    local, _, domain = _mailbox(text).lower().rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _collector(url: str) -> str:
    if find_spec("opentelemetry") is None:
        words = "needs OpenTelemetry: pip install -r requirements-tracing.txt"
        raise ValidationError(words)
    return url.rstrip("/").removesuffix("/v1/traces")


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    found = [word.partition("=") for word in _words(text)]
    if not all(name.strip() and sign for name, sign, _ in found):
        raise ValueError
    return tuple((name.strip(), unquote(value.strip())) for name, _, value in found)


def _with_driver(url: str) -> str:
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


dsn = text("should look like https://key@host/1", r"https?://[^/@\s]+@[^/@\s]+/([^\s?#]*/)?\d+\Z")
share = fields.Float(
    validate=Range(0, 1, error="should be a number from 0 to 1, like 0.1"),
    error_messages=dict.fromkeys(("invalid", "special"), "should be a number from 0 to 1"),
)
collector = text(
    "should be the address of a collector, like http://collector:4318",
    r"https?://[^\s?#]+\Z",
    _collector,
)
header_pairs = text("should be headers as name=value, separated by commas", parse=_pairs)
flag = fields.Boolean(pre_load=str.lower, error_messages={"invalid": "should be on or off"})
words = fields.String(post_load=_words)
domains = text("should be domain names separated by commas, like example.org", parse=_domains)
plain = fields.String()
hosts = text(
    "should be host names without port, separated by commas, like gate.example.org or .example.org",
    parse=_hosts,
)
origin = text(
    "should be the address people open: scheme and host, no path, like https://gate.example.org",
    r"(?i)https?://[\w.:\[\]-]+/*\Z",
    _origin,
)
mailbox = text("should be an email address, like gatehouse@example.org", parse=_mailbox)
return_path = text(  # its local part needs room for `+<delivery>-<signature>` (RFC 5321 4.5.3.1.1)
    f"should be an email address with at most {RETURN_PATH_LOCAL} characters and no + before its "
    "@, like bounces@example.org",
    rf'[^+"@]{{1,{RETURN_PATH_LOCAL}}}@',
    _return_path,
)
webhook_secret = text(  # as Standard Webhooks writes it: base64, of 24 bytes or more
    "should be the signing secret that Resend shows, like whsec_…",
    r"whsec_([A-Za-z0-9+/]{4}){8,}([A-Za-z0-9+/]{2,3})?=*\Z",
)
database = text(
    "should start with postgresql:// or sqlite:///",
    r"postgres(ql(\+psycopg)?)?://|sqlite:///",
    _with_driver,
)
postgresql = text("should start with postgresql://", r"postgres(ql(\+psycopg)?)?://", _with_driver)
redis = text(
    "should start with redis://, rediss:// or unix://, or look like "
    "redis+sentinel://host1:26379,host2:26379/primary",
    r"(rediss?(\+sentinel)?|unix)://",
    redis_servers.checked,
)
