"""Addresses of an application: its home, and where programs send people and are told things."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from webapp import config, egress, host_names
from webapp.domain import texts
from webapp.domain.errors import Refusal
from webapp.domain.webhooks import addresses as hooks
from webapp.egress import literal
from webapp.languages import gettext

FIELD = "home_url"
MOST = 500
PROGRAM_MOST = 20  # of one kind
LOOPBACK = ("127.0.0.1", "::1", "localhost")
USUAL_PORTS = {"https": 443, "http": 80}
_UNTYPED = re.compile(r"[\x00-\x20\x7f\\]")
_PATH = re.compile(r"(?:/[!-~]*|\?[!-~]*)?")
_TYPED = re.compile(r"[!-\[\]-~]+")  # visible ASCII without the backslash


def home(text: str | None) -> str:
    """The home address as it is kept; raises Refusal that says what is wrong with it.

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
    return address


def host(home_url: str) -> str:
    """The host of a home address: the name by which a proxy asks about it."""
    return urlsplit(home_url).netloc


def host_taken() -> Refusal:
    """The refusal of a host that has an application here; it does not say whose."""
    words = gettext("There is already an application at this host. Each application needs its own.")
    return Refusal(words, FIELD)


def posted_to(typed: str | None) -> str | None:
    """An address that we ourselves send to: on the public internet, like those of webhooks."""
    try:
        return hooks.parse(typed, egress.way()) if typed and typed.strip() else None
    except Refusal as refusal:
        raise Refusal(refusal.message, "backchannel_logout_uri") from None


def exact(field: str, typed: Sequence[str] | None) -> list[str]:
    """Addresses as they were typed, each once: programs have to send exactly these."""
    kept = [line.strip() for line in typed or () if line.strip()]
    if len(kept) > PROGRAM_MOST:
        raise Refusal(gettext("Enter at most %(most)s addresses.", most=PROGRAM_MOST), field)
    for address in kept:
        _refuse_unusable(address, field)
    return list(dict.fromkeys(kept))


def _refuse_unusable(text: str, field: str) -> None:
    if len(text) > MOST:
        words = gettext("An address can be at most %(most)s characters long.", most=MOST)
        raise Refusal(words, field)
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not _TYPED.fullmatch(text) or "*" in text:
        words = gettext(
            "This is not a complete address. Enter one like https://wiki.example.org/callback."
        )
        raise Refusal(words, field)
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise Refusal(gettext("Enter an address that starts with https://."), field)
    if "@" in parts.netloc or "#" in text:
        words = gettext("Leave out the username, the password, and the # with what follows it.")
        raise Refusal(words, field)


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
