"""Webhook addresses: https on the public internet, normalized to one spelling."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from webapp import egress, host_names, stored_english
from webapp.domain.errors import Refusal
from webapp.egress import Unreachable, Way, literal
from webapp.languages import gettext, marked

FIELD = "url"
PUBLIC = marked("Gatehouse only sends to public addresses.")
MOST = 500
LOOKUP_SECONDS = 4.0
HTTPS = 443
DEFAULT_PORTS = {"https": HTTPS, "http": 80}
FIRST_FREE_PORT = 1024  # below it listen services other than the web

_UNTYPED = re.compile(r"[\x00-\x20\x7f\\]")
_PATH = re.compile(r"(?:/[!-~]*|\?[!-~]*)?")


def parse(text: str | None, way: Way) -> str:
    """The address as it is kept and used; raises Refusal that says what is wrong with it.

    DNS is not asked here, but in `look_up`: a name may lead elsewhere later.
    """
    url = (text or "").strip()
    if not url:
        raise Refusal(gettext("Enter an address, like https://example.org/hooks."), FIELD)
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
        raise Refusal(gettext("Enter an address that starts with https://."), FIELD)
    if "@" in parts.netloc:
        words = gettext("Remove the username and password. Gatehouse does not send them.")
        raise Refusal(words, FIELD)
    if "#" in url:
        raise Refusal(gettext("Remove the # and everything after it. It is never sent."), FIELD)
    return parts, port


def _refuse_long(url: str) -> None:
    if len(url) > MOST:
        words = gettext("An address can be at most %(most)s characters long.", most=MOST)
        raise Refusal(words, FIELD)


def look_up(url: str, way: Way) -> None:
    """Refuse an address whose host does not resolve, or not to the public internet.

    This can take seconds: never call it inside a transaction.
    """
    try:
        way.addresses(urlsplit(url).hostname or "", LOOKUP_SECONDS)
    except Unreachable as error:
        why = stored_english.translated_by(str(error), *egress.WORDS)
        raise Refusal(f"{why} {gettext(PUBLIC)}", FIELD) from None


def _host(host: str, way: Way) -> str:
    address = literal(host)
    if address is not None:
        if not way.allows(address):
            raise _not_public()
        return str(address)
    try:
        name = host_names.ascii_name(host)
    except ValueError:
        raise _unreadable() from None
    if host_names.is_number(name):
        words = gettext("Use the host’s name, or write its IP address in the usual form.")
        raise Refusal(words, FIELD)
    if "." not in name and not (way.to_loopback and name == "localhost"):
        raise _not_public()
    return name


def _refuse_scheme_and_port(scheme: str, host: str, port: int | None, way: Way) -> None:
    address = literal(host)
    is_loopback = host == "localhost" or (address is not None and address.is_loopback)
    if scheme == "http" and not (way.to_loopback and is_loopback):
        raise Refusal(gettext("Enter an address that starts with https://."), FIELD)
    if port is not None and port != HTTPS and port < FIRST_FREE_PORT and scheme == "https":
        words = gettext(
            "Use port %(usual)s, or %(first)s or higher.", usual=HTTPS, first=FIRST_FREE_PORT
        )
        raise Refusal(words, FIELD)


def _not_public() -> Refusal:
    return Refusal(f"{gettext('This address is not public.')} {gettext(PUBLIC)}", FIELD)


def _unreadable() -> Refusal:
    return Refusal(
        gettext("This is not a complete address. Enter one like https://example.org/hooks."), FIELD
    )
