"""Where a request comes from: the only place that reads network addresses.

What a proxy writes down is not always a plain address: some add the port, which differs for each
connection. Taken literally, each would count as a network of its own, and no limit would hold.
"""

from __future__ import annotations

import logging
import re
import threading
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import request

from webapp import config

UNKNOWN = "unknown"  # callers without an address count as one
LONGEST = 100  # characters of an address with brackets, zone and port
FORWARDED = "X-Forwarded-For"
_BRACKETED = re.compile(r"\[([^]]*)](?::[0-9]{1,5})?")
_PORTED = re.compile(r"(.+):[0-9]{1,5}")

log = logging.getLogger("gatehouse.web")
_warned = threading.Event()


def address() -> str:
    """The caller's network address in its standard form, or UNKNOWN."""
    parsed = _parsed(_reported())
    return str(parsed) if parsed else UNKNOWN


def network() -> str:
    """The network that counts as one caller; for IPv6 the /64 of one subscriber."""
    parsed = _parsed(_reported())
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed) if parsed else UNKNOWN


def note() -> None:
    """Warn once per process that a proxy's header is ignored."""
    if config.current().trusted_proxies or FORWARDED not in request.headers or _warned.is_set():
        return
    _warned.set()
    log.warning(
        "Requests come with %s, which is not believed: everybody behind a proxy counts as one "
        "network, and one of them can use up everybody's tries at signing in. If there are "
        "proxies, set TRUSTED_PROXIES to how many.",
        FORWARDED,
    )


def _reported() -> str:
    """The caller as the outermost trusted proxy wrote it, or the peer of the connection.

    Each proxy appends its own caller to what that caller sent. The value is split at every
    comma: if quoted strings were parsed, a caller's quotation mark could hide commas and move
    another of its values to the place that counts.
    """
    hops = config.current().trusted_proxies or 0
    header = request.headers.get(FORWARDED)
    values = header.rsplit(",", hops) if hops and header else []
    return values[-hops] if hops and len(values) >= hops else request.remote_addr or ""


@lru_cache
def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """The address in the text, without brackets, zone and port."""
    text = text.strip(" \t")
    if len(text) > LONGEST:
        return None
    if bracketed := _BRACKETED.fullmatch(text):
        return _plain(bracketed[1])
    # Some write the port of an IPv6 address without brackets. Where it looks like the last part
    # of the address, that does not matter: only the first 64 bits count.
    ported = _PORTED.fullmatch(text)
    return _plain(text) or (_plain(ported[1]) if ported else None)


def _plain(host: str) -> IPv4Address | IPv6Address | None:
    """The address without its zone; IPv4 written as IPv6 becomes IPv4."""
    try:
        parsed = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
