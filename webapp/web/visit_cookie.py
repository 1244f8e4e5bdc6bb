"""The cookies on an application's host: the visit's, and what ties a code to its browser.

Both are of that host alone. Where it is reached by https their names begin with __Host-, so that no
neighbouring host can plant one; without https there is no such protection, and no need of it: plain
http is for trying things out on one machine.
"""

from __future__ import annotations

import re

from flask import Request, request
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.applications import hosts, visit_checks
from webapp.domain.applications.visit_checks import LiveVisit

VISIT, STATE = "gatehouse-visit", "gatehouse-state"
STATE_SECONDS = 3600  # signing in may take a while; tabs that are opened together share it
SAFE = "__Host-"
_STATE = re.compile(r"[A-Za-z0-9_-]{43}")


def visit(asked: Request, host: str, application: str | None = None) -> LiveVisit | None:
    """The live visit of the request's cookie, if it is one of this host and this application.

    A proxy may name both or either; without any, no visit is found.
    """
    is_safe = SAFE + VISIT in asked.cookies
    token = asked.cookies.get(SAFE + VISIT) or asked.cookies.get(VISIT)
    is_named = host or application is not None
    found = visit_checks.check(token[:100]) if token and is_named else None
    if found is None or is_https(found.home_url) != is_safe or host not in ("", found.host):
        return None
    name = hosts.name_of(found.organization_slug, found.slug)
    return found if application in (None, name) else None


def read(name: str, home_url: str) -> str:
    """What the cookie holds; empty if there is none."""
    return request.cookies.get(_full(name, home_url), "")[:100]


def state(home_url: str) -> str:
    """What ties a code to this browser; empty if it has none."""
    found = read(STATE, home_url)
    return found if _STATE.fullmatch(found) else ""


def put(response: AnyResponse, name: str, home_url: str, value: str, seconds: int) -> None:
    """Have the browser keep the cookie for so many seconds, on this host only; 0: forget it."""
    name, secure = _full(name, home_url), is_https(home_url)
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="Lax"
    )


def is_https(home_url: str) -> bool:
    """Whether the application is reached by https."""
    return home_url.startswith("https://")


def _full(name: str, home_url: str) -> str:
    return f"{SAFE}{name}" if is_https(home_url) else name
