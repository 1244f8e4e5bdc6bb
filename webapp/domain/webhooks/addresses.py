"""Webhook addresses: https on the public internet, normalized to one spelling."""

from __future__ import annotations

from urllib.parse import urlsplit

from webapp import egress, stored_english, web_addresses
from webapp.domain.errors import Refusal
from webapp.egress import Unreachable, Way, literal
from webapp.languages import gettext, marked
from webapp.web_addresses import Fault, Unusable, WebAddress

FIELD = "url"
PUBLIC = marked("Gatehouse only sends to public addresses.")
WORDS = {
    Fault.UNREADABLE: marked(
        "This is not a complete address. Enter one like https://example.org/hooks."
    ),
    Fault.OTHER_SCHEME: marked("Enter an address that starts with https://."),
    Fault.HAS_USER: marked("Remove the username and password. Gatehouse does not send them."),
    Fault.HAS_FRAGMENT: marked("Remove the # and everything after it. It is never sent."),
    Fault.IS_NUMBER: marked("Use the host’s name, or write its IP address in the usual form."),
}
MOST = 500
LOOKUP_SECONDS = 4.0
HTTPS = 443
FIRST_FREE_PORT = 1024  # below it listen services other than the web


def parse(text: str | None, way: Way) -> str:
    """The address as it is kept and used; raises Refusal that says what is wrong with it.

    DNS is not asked here, but in `look_up`: a name may lead elsewhere later.
    """
    url = (text or "").strip()
    if not url:
        raise Refusal(gettext("Enter an address, like https://example.org/hooks."), FIELD)
    _refuse_long(url)
    try:
        address = web_addresses.parse(url)
    except Unusable as unusable:
        raise Refusal(gettext(WORDS[unusable.fault]), FIELD) from None
    _refuse_host(address.name, way)
    _refuse_scheme_and_port(address, way)
    _refuse_long(str(address))
    return str(address)


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


def _refuse_host(host: str, way: Way) -> None:
    address = literal(host)
    if address is not None:
        if not way.allows(address):
            raise _not_public()
    elif "." not in host and not (way.to_loopback and host == "localhost"):
        raise _not_public()


def _refuse_scheme_and_port(url: WebAddress, way: Way) -> None:
    address, port = literal(url.name), url.port
    is_loopback = url.name == "localhost" or (address is not None and address.is_loopback)
    if url.scheme == "http" and not (way.to_loopback and is_loopback):
        raise Refusal(gettext(WORDS[Fault.OTHER_SCHEME]), FIELD)
    if port is not None and port != HTTPS and port < FIRST_FREE_PORT and url.scheme == "https":
        words = gettext(
            "Use port %(usual)s, or %(first)s or higher.", usual=HTTPS, first=FIRST_FREE_PORT
        )
        raise Refusal(words, FIELD)


def _not_public() -> Refusal:
    return Refusal(f"{gettext('This address is not public.')} {gettext(PUBLIC)}", FIELD)
