"""Which addresses outgoing requests may reach, and how a host name is resolved.

The owner of a name decides where it leads and can change that between two lookups. So every
address found is checked, and the connection goes to the checked address (outbound_http.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import dns.exception
import dns.resolver
from flask import current_app

from webapp import config
from webapp.languages import marked

Resolver = Callable[[str, float], list[str]]

# Python knows IANA's special-purpose registries (RFC 6890). What it lets through: 192.0.0.0/24 with
# its exceptions, the relays of 6to4, and Azure's 168.63.129.16, a public address that gives every
# machine in Azure its secrets.
_NEVER_4 = tuple(
    ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")
)
# Of IPv6 only the allocated part. Ranges that embed an IPv4 address are outside it or listed:
# mapped and compatible (::/96, ::ffff:0:0/96), NAT64 (64:ff9b::/96, 64:ff9b:1::/48), Teredo
# and its neighbours (2001::/23), 6to4 (2002::/16); documentation (2001:db8::/32, 3fff::/20).
_ALLOCATED_6 = IPv6Network("2000::/3")
_NEVER_6 = tuple(
    IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)

_NOT_FOUND_OUT = marked("The address of %(host)s could not be looked up.")
_NO_ADDRESS = marked("There is no address for %(host)s.")
_NOT_PUBLIC = marked("%(host)s does not lead to the public internet.")
WORDS = (_NOT_FOUND_OUT, _NO_ADDRESS, _NOT_PUBLIC)  # for `stored_english.translated_by`


class Unreachable(Exception):
    """Nothing may be sent there; the text says why, in English, and names no resolved address."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is an address of the public internet: not private, local or reserved."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in net for net in _NEVER_4)
    if address.scope_id is not None or address not in _ALLOCATED_6:
        return False
    return not any(address in net for net in _NEVER_6)


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The host as an IP address, if it is one in the usual notation; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def by_dns(host: str, seconds: float) -> list[str]:
    """All addresses of a name by DNS, without search suffixes; none when it does not exist.

    `localhost` is this machine (RFC 6761 6.3). Raises Unreachable when DNS does not answer.
    """
    if host == "localhost":
        return ["127.0.0.1"]
    try:
        found = dns.resolver.Resolver().resolve_name(host + ".", lifetime=max(seconds, 0.01))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException:
        raise Unreachable(_NOT_FOUND_OUT % {"host": host}) from None
    return [*found.addresses()]


@dataclass(frozen=True, slots=True)
class Way:
    """How names are resolved, and which addresses may be reached."""

    resolve: Resolver
    to_loopback: bool = False

    def allows(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether this address may be connected to."""
        return is_public(address) or (self.to_loopback and address.is_loopback)

    def addresses(self, host: str, seconds: float) -> list[str]:
        """All addresses of the host, found within `seconds`; raises Unreachable.

        If one of several may not be reached, all are refused: no honest host has such a mixture.
        """
        found = [host] if literal(host) else self.resolve(host, seconds)
        if not found:
            raise Unreachable(_NO_ADDRESS % {"host": host})
        if not all(self.allows(ip_address(text)) for text in found):
            raise Unreachable(_NOT_PUBLIC % {"host": host})
        return found


def way() -> Way:
    """The running application's way out; tests give it a resolver other than DNS.

    Loopback is reached only if WEBHOOK_LOOPBACK is on, and never in production.
    """
    settings = config.current()
    to_loopback = settings.webhook_loopback and settings.gatehouse_env != "production"
    return Way(current_app.extensions.get("resolver", by_dns), to_loopback)
