"""The limit of public addresses that have no narrower one."""

from __future__ import annotations

from flask import request

from webapp.web.access import ACCESS, ANYONE

VISITS = "3000 per minute"
# Asked by those who watch over the server or by proxies at every request, or kept for a year.
UNLIMITED = frozenset({"static", "health.alive", "gate.check"})


def most() -> str:
    """How many requests one network may make for one address."""
    return VISITS


def is_exempt() -> bool:
    """Whether the present request is for somebody who is known, or costs nothing."""
    endpoint = request.endpoint or ""
    return ACCESS.get(endpoint, ANYONE) != ANYONE or endpoint in UNLIMITED
