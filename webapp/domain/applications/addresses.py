"""Addresses of an application: its home, and where programs send people and are told things."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from webapp import config, egress, web_addresses
from webapp.domain import texts
from webapp.domain.errors import Refusal
from webapp.domain.webhooks import addresses as hooks
from webapp.egress import literal
from webapp.languages import gettext, marked
from webapp.web_addresses import Fault, Unusable, WebAddress

FIELD = "home_url"
INCOMPLETE = marked("This is not a complete address. Enter one like https://wiki.example.org/.")
WORDS = {
    Fault.UNREADABLE: INCOMPLETE,
    Fault.IS_NUMBER: INCOMPLETE,
    Fault.OTHER_SCHEME: marked("Enter an address that starts with https://."),
    Fault.HAS_USER: marked("Remove the username and password from the address."),
    Fault.HAS_FRAGMENT: marked("Remove the # and everything after it."),
}
MOST = 500
PROGRAM_MOST = 20  # of one kind
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_TYPED = re.compile(r"[!-\[\]-~]+")  # visible ASCII without the backslash


def home(text: str | None) -> str:
    """The home address as it is kept; raises Refusal that says what is wrong with it.

    Nothing is ever sent there by us, only by browsers: it may lead into a private network.
    """
    url = texts.without_invisible_ends(text or "")
    if not url:
        raise Refusal(gettext("Enter the address at which people open it."), FIELD)
    try:
        address = web_addresses.parse(url.removesuffix("?"))  # an empty query says nothing
        _refuse_unusable_home(address)
    except Unusable as unusable:
        raise Refusal(gettext(WORDS[unusable.fault]), FIELD) from None
    if _is_ours(address):
        words = gettext(
            "This is the address of Gatehouse itself. An application needs its own host."
        )
        raise Refusal(words, FIELD)
    if len(str(address)) > MOST:
        words = gettext("An address can be at most %(most)s characters long.", most=MOST)
        raise Refusal(words, FIELD)
    return str(address)


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


def _refuse_unusable_home(address: WebAddress) -> None:
    """Plain http is for this machine only, while Gatehouse is tried out there."""
    if address.port == 0:
        raise Unusable(Fault.UNREADABLE)
    if address.scheme == "http" and (config.current().https or not _is_loopback(address.name)):
        raise Unusable(Fault.OTHER_SCHEME)


def _is_loopback(name: str) -> bool:
    address = literal(name)
    local = name == "localhost" or name.endswith(".localhost")
    return local or (address is not None and address.is_loopback)


def _is_ours(address: WebAddress) -> bool:
    """Our own host on any port: cookies know none. On this machine ports tell hosts apart."""
    ours = urlsplit(config.current().public_url)
    if _is_loopback(address.name):
        return address.host == ours.netloc.lower()
    return address.name == ours.hostname
