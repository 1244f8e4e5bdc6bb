"""Where a request comes from: the one place that reads network addresses.

What a proxy writes down is text, and not always an address: some add the port, each connection
another one. Were it taken as it is, each would count as a network of its own, and no limit hold.
"""

from __future__ import annotations

import logging
import re
import threading
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import request

from webapp import config

UNKNOWN = "unknown"  # all who have no address are one place
LONGEST = 100  # of an address with brackets, zone and port
FORWARDED = "X-Forwarded-For"
_BRACKETED = re.compile(r"\[([^]]*)](?::[0-9]{1,5})?")
_PORTED = re.compile(r"(.+):[0-9]{1,5}")

log = logging.getLogger("gatehouse.web")
_told_of = threading.Event()


def address() -> str:
    """The caller's network address in its one usual form, or UNKNOWN."""
    found = _parsed(_as_told())
    return str(found) if found else UNKNOWN


def network() -> str:
    """The network that counts as one caller: of IPv6 the /64 that one subscriber has alone."""
    found = _parsed(_as_told())
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found) if found else UNKNOWN


def note() -> None:
    """Say once in the log of this process that a proxy's word is not believed."""
    if config.current().trusted_proxies or FORWARDED not in request.headers or _told_of.is_set():
        return
    _told_of.set()
    log.warning(
        "Requests come with %s, which is not believed: everybody behind a proxy counts as one "
        "network, and one of them can use up everybody's tries at signing in. If there are "
        "proxies, set TRUSTED_PROXIES to how many.",
        FORWARDED,
    )


def _as_told() -> str:
    """What the outermost proxy that we trust wrote down, or who connects to us.

    Each proxy puts its own caller at the end, behind all that the caller sent. The value is
    split at commas alone: a quotation mark of the caller's would hide them in a list of
    quoted strings, and move another of the caller's values to the place that counts.
    """
    hops = config.current().trusted_proxies or 0
    told = request.headers.get(FORWARDED)
    values = told.rsplit(",", hops) if hops and told else []
    return values[-hops] if hops and len(values) >= hops else request.remote_addr or ""


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """The address in the text, without brackets, zone and port."""
    text = text.strip(" \t")
    if len(text) > LONGEST:
        return None
    if bracketed := _BRACKETED.fullmatch(text):
        return _plain(bracketed[1])
    # Some also write the port of IPv6 without brackets; where it could as well be the last part
    # of the address, it lies beyond the /64 that counts.
    ported = _PORTED.fullmatch(text)
    return _plain(text) or (_plain(ported[1]) if ported else None)


def _plain(host: str) -> IPv4Address | IPv6Address | None:
    """The address; an IPv4 one that is written as IPv6 is that one, and zones are left out."""
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
