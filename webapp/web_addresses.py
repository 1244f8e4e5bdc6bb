"""A web address that somebody typed, split into its parts and written in one way."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from webapp import host_names
from webapp.egress import literal

USUAL_PORTS = {"https": 443, "http": 80}
_UNTYPED = re.compile(r"[\x00-\x20\x7f\\]")
_PATH = re.compile(r"(?:/[!-~]*|\?[!-~]*)?")


class Fault(StrEnum):
    """What is wrong with a text that is not a web address, or not one to keep."""

    UNREADABLE = "unreadable"
    OTHER_SCHEME = "other scheme"
    HAS_USER = "has a user"
    HAS_FRAGMENT = "has a fragment"
    IS_NUMBER = "an IP address in an unusual notation"


class Unusable(Exception):
    """The text is not an address that we accept."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class WebAddress(NamedTuple):
    """The parts of an address: the host's name as DNS has it, or its IP address."""

    scheme: str
    name: str
    port: int | None
    path: str  # with its query

    @property
    def host(self) -> str:
        """The host as addresses have it: with its port, unless that is the usual one."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port in (None, USUAL_PORTS[self.scheme]) else f"{name}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}"


def parse(text: str) -> WebAddress:
    """The address that was typed; raises Unusable."""
    if _UNTYPED.search(text):  # urlsplit would drop some of these silently
        raise Unusable(Fault.UNREADABLE)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Unusable(Fault.UNREADABLE) from None
    if parts.scheme not in USUAL_PORTS or not host:
        raise Unusable(Fault.OTHER_SCHEME)
    if "@" in parts.netloc:
        raise Unusable(Fault.HAS_USER)
    if "#" in text:
        raise Unusable(Fault.HAS_FRAGMENT)
    path = parts.path + (f"?{parts.query}" if "?" in text else "")
    if "%" in parts.netloc or not _PATH.fullmatch(path):
        raise Unusable(Fault.UNREADABLE)
    return WebAddress(parts.scheme, _name(host), port, path if path[:1] == "/" else f"/{path}")


def _name(host: str) -> str:
    if (address := literal(host)) is not None:
        return str(address)
    try:
        name = host_names.ascii_name(host)
    except ValueError:
        raise Unusable(Fault.UNREADABLE) from None
    if host_names.is_number(name):
        raise Unusable(Fault.IS_NUMBER)
    return name
