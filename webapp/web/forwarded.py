"""What a proxy tells us of the request that it asks about.

Caddy and Traefik send X-Forwarded-Host, -Uri and -Method; nginx sends X-Original-URL and
X-Original-Method. A caller may invent them all: nothing is answered by them alone, only by the
cookie of a visit, which belongs to one application and works on no other host.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request, request

from webapp import config
from webapp.domain.applications import hosts
from webapp.web import paths

HOST, URI, METHOD = "X-Forwarded-Host", "X-Forwarded-Uri", "X-Forwarded-Method"
ORIGINAL_URL, ORIGINAL_METHOD = "X-Original-URL", "X-Original-Method"
NO_HOST = "?"  # which no application has
CHECK, OWN_PATHS = "/gate/check", "/.gatehouse/"


def is_asked() -> bool:
    """Whether the request is a proxy's: about an application's host, where nobody is signed in."""
    return is_path(request.path)


def is_path(path: str) -> bool:
    """The same by the path alone, before anything is known of the request."""
    return path == CHECK or path.startswith(OWN_PATHS)


def host(asked: Request, *, is_named: bool = False) -> str:
    """The host that was asked for: empty if it is ours, NO_HOST if it is told in two ways.

    If the proxy names the application, the Host of its own request is no matter: it may be ours by
    any name, such as web:8000.
    """
    original = _split(asked.headers.get(ORIGINAL_URL, ""))[0]
    named = {asked.headers.get(HOST, ""), original} - {""}
    # A proxy of our own on the way writes its own host there.
    others = {hosts.standard(text) for text in named} - _ours()
    if not others and not is_named:
        others = {hosts.standard(asked.environ.get("HTTP_HOST", ""))} - _ours()
    if len(others) > 1:
        return NO_HOST
    return others.pop() if others else ""


def asked_about(asked: Request) -> tuple[str, str | None]:
    """The host and the application that a check is about; NO_HOST if several are named."""
    names = asked.args.getlist("application")
    if len(names) > 1:
        return NO_HOST, None
    return host(asked, is_named=bool(names)), names[0] if names else None


def path() -> str:
    """The path and query that was asked for, if somebody can be sent back there; else /."""
    uri = request.headers.get(URI) or _split(request.headers.get(ORIGINAL_URL, ""))[1]
    return way_back(uri)


def way_back(text: str | None) -> str:
    """The text if it is a path of the application, else /: no other host, no page of ours."""
    found = paths.own_path(text)
    return found if found and not found.startswith(OWN_PATHS) and len(found) <= 1000 else "/"


def takes_redirects() -> bool:
    """Whether the proxy passes a redirect on; nginx can only be told yes or no."""
    return ORIGINAL_URL not in request.headers or URI in request.headers


def is_navigation() -> bool:
    """Whether a browser would show the answer as a page: only then may it be sent elsewhere."""
    headers = request.headers
    method = headers.get(METHOD) or headers.get(ORIGINAL_METHOD) or request.method
    if method not in ("GET", "HEAD") or "Upgrade" in headers or "Sec-WebSocket-Key" in headers:
        return False
    if mode := headers.get("Sec-Fetch-Mode"):
        return mode == "navigate"
    return "text/html" in headers.get("Accept", "") and "X-Requested-With" not in headers


def _ours() -> set[str]:
    return {hosts.standard(urlsplit(config.current().public_url).netloc), ""}


def _split(url: str) -> tuple[str, str]:
    """Host and path of the address; both empty if it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.netloc, f"{parts.path}?{parts.query}" if parts.query else parts.path
