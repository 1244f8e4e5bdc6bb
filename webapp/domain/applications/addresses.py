"""The home address of an application, and its host: the name by which a proxy asks about it."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from webapp import config, host_names
from webapp.domain import texts
from webapp.domain.errors import Refusal
from webapp.egress import literal
from webapp.languages import gettext

FIELD = "home_url"
MOST = 500
USUAL_PORTS = {"https": 443, "http": 80}
_UNTYPED = re.compile(r"[\x00-\x20\x7f\\]")
_PATH = re.compile(r"(?:/[!-~]*|\?[!-~]*)?")


def parse(text: str | None) -> tuple[str, str]:
    """The address as it is kept, and its host; raises Refusal that says what is wrong with it.

    Nothing is ever sent there by us, only by browsers: it may lead into a private network.
    """
    url = texts.without_invisible_ends(text or "")
    if not url:
        raise Refusal(gettext("Enter the address at which people open it."), FIELD)
    parts, port = _split(url)
    name = _name(parts.hostname or "")
    _refuse_plain_http(parts.scheme, name)
    host = f"[{name}]" if ":" in name else name
    if port is not None and port != USUAL_PORTS[parts.scheme]:
        host += f":{port}"
    _refuse_own(name, host)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if not _PATH.fullmatch(path):
        raise _unreadable()
    address = f"{parts.scheme}://{host}{path if path.startswith('/') else f'/{path}'}"
    if len(address) > MOST:
        words = gettext("An address can be at most %(most)s characters long.", most=MOST)
        raise Refusal(words, FIELD)
    return address, host


def _split(url: str) -> tuple[SplitResult, int | None]:
    if _UNTYPED.search(url):  # urlsplit would drop some of these silently
        raise _unreadable()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _unreadable() from None
    if parts.scheme not in USUAL_PORTS or not host:
        raise _not_https()
    if "@" in parts.netloc:
        raise Refusal(gettext("Remove the username and password from the address."), FIELD)
    if "#" in url:
        raise Refusal(gettext("Remove the # and everything after it."), FIELD)
    if "%" in parts.netloc or port == 0:
        raise _unreadable()
    return parts, port


def _name(host: str) -> str:
    if (address := literal(host)) is not None:
        return str(address)
    try:
        name = host_names.ascii_name(host)
    except ValueError:
        raise _unreadable() from None
    if host_names.is_number(name):
        raise _unreadable()
    return name


def _is_loopback(name: str) -> bool:
    address = literal(name)
    local = name == "localhost" or name.endswith(".localhost")
    return local or (address is not None and address.is_loopback)


def _refuse_plain_http(scheme: str, name: str) -> None:
    """Plain http only on this machine, while Gatehouse is tried out there."""
    if scheme == "http" and (config.current().https or not _is_loopback(name)):
        raise _not_https()


def _refuse_own(name: str, host: str) -> None:
    """Not our own host, on no port: cookies know none. On this machine ports tell hosts apart."""
    ours = urlsplit(config.current().public_url)
    is_ours = host == ours.netloc.lower() if _is_loopback(name) else name == ours.hostname
    if is_ours:
        words = gettext(
            "This is the address of Gatehouse itself. An application needs its own host."
        )
        raise Refusal(words, FIELD)


def _not_https() -> Refusal:
    return Refusal(gettext("Enter an address that starts with https://."), FIELD)


def _unreadable() -> Refusal:
    words = gettext("This is not a complete address. Enter one like https://wiki.example.org/.")
    return Refusal(words, FIELD)
