"""Webhook addresses: https on the public internet, normalized to one spelling."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

import idna

from webapp.domain.errors import Refusal
from webapp.egress import Unreachable, Way, literal

FIELD = "url"
MOST = 500
LOOKUP_SECONDS = 4.0
HTTPS = 443
DEFAULT_PORTS = {"https": HTTPS, "http": 80}
FIRST_FREE_PORT = 1024  # below it listen services other than the web

_NAME = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_UNTYPED = re.compile(r"[\x00-\x20\x7f\\]")
_PATH = re.compile(r"(?:/[!-~]*|\?[!-~]*)?")
# What the URL standard reads as an IPv4 address: decimal, octal or hexadecimal.
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


def parse(text: str | None, way: Way) -> str:
    """The address as it is kept and used; raises Refusal that says what is wrong with it.

    DNS is not asked here, but in `look_up`: a name may lead elsewhere later.
    """
    url = (text or "").strip()
    if not url:
        raise Refusal("Enter an address, like https://example.org/hooks.", FIELD)
    _refuse_long(url)
    parts, port = _split(url)
    path = parts.path + (f"?{parts.query}" if "?" in url else "")
    if not _PATH.fullmatch(path) or "%" in parts.netloc:
        raise _unreadable()
    host = _host(parts.hostname or "", way)
    _refuse_scheme_and_port(parts.scheme, host, port, way)
    authority = f"[{host}]" if ":" in host else host
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        authority += f":{port}"
    address = f"{parts.scheme}://{authority}{path if path.startswith('/') else f'/{path}'}"
    _refuse_long(address)
    return address


def _split(url: str) -> tuple[SplitResult, int | None]:
    """The parts of a typed address, and its port if it names one."""
    if _UNTYPED.search(url):  # urlsplit would drop some of these silently
        raise _unreadable()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _unreadable() from None
    if parts.scheme not in DEFAULT_PORTS or not host:
        raise Refusal("Enter an address that begins with https://.", FIELD)
    if "@" in parts.netloc:
        raise Refusal("Take the name and the password out: an address holds none here.", FIELD)
    if "#" in url:
        raise Refusal("Take the # and what follows it out: it is never sent.", FIELD)
    return parts, port


def _refuse_long(url: str) -> None:
    if len(url) > MOST:
        raise Refusal(f"An address can be at most {MOST} characters long.", FIELD)


def look_up(url: str, way: Way) -> None:
    """Refuse an address whose host has no address on the public internet.

    This can take seconds: never call it inside a transaction.
    """
    try:
        way.addresses(urlsplit(url).hostname or "", LOOKUP_SECONDS)
    except Unreachable as error:
        raise Refusal(f"{error} Webhooks go to public addresses only.", FIELD) from None


def _host(host: str, way: Way) -> str:
    address = literal(host)
    if address is not None:
        if not way.allows(address):
            raise _not_public()
        return str(address)
    try:
        name = idna.encode(host.removesuffix("."), uts46=True, std3_rules=False).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise _unreadable() from None
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        raise Refusal("Write the address of the host in its usual way, or its name.", FIELD)
    if not _NAME.fullmatch(name) or len(name) > 253:
        raise _unreadable()
    if "." not in name and not (way.to_loopback and name == "localhost"):
        raise _not_public()
    return name


def _refuse_scheme_and_port(scheme: str, host: str, port: int | None, way: Way) -> None:
    address = literal(host)
    is_loopback = host == "localhost" or (address is not None and address.is_loopback)
    if scheme == "http" and not (way.to_loopback and is_loopback):
        raise Refusal("Enter an address that begins with https://.", FIELD)
    if port is not None and port != HTTPS and port < FIRST_FREE_PORT and scheme == "https":
        raise Refusal(f"Use port {HTTPS}, or one from {FIRST_FREE_PORT}.", FIELD)


def _not_public() -> Refusal:
    return Refusal("Webhooks go to public addresses only. This one is not.", FIELD)


def _unreadable() -> Refusal:
    return Refusal("This is no complete address. Enter one like https://example.org/hooks.", FIELD)
