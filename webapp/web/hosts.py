"""Requests that name another host than ours are refused, if TRUSTED_HOSTS says which are ours.

Nothing is built from the host that a request names, so this only keeps away what reaches us by
another name: a scanner, or a proxy that passes on too much.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, request
from werkzeug.exceptions import BadRequest

from webapp import config
from webapp.languages import gettext as _
from webapp.web import failures, forwarded
from webapp.web.api import guard, problems

# Load balancers ask for these by an address that changes.
PROBES = {"health.alive", "health.ready", "metrics.show"}


def _is_one_of(*trusted: str) -> bool:
    try:
        named = urlsplit(f"//{request.environ.get('HTTP_HOST', '')}").hostname or ""
    except ValueError:  # brackets around something else than an address
        return False
    return any(
        named == host.strip("[].") or f".{named}".endswith(_parent(host)) for host in trusted
    )


def _parent(host: str) -> str:
    """What the name of every host in the domain ends with; for a single host, what none does."""
    return host if host.startswith(".") else "/"


def refuse_others() -> Response | None:
    """400 for a request that names a host that is not trusted."""
    settings = config.current()
    if not settings.trusted_hosts or request.endpoint in PROBES or forwarded.is_asked():
        return None
    if _is_one_of(settings.public_host, *settings.trusted_hosts):
        return None
    if guard.is_call():
        return problems.of_http(BadRequest())
    words = _("Open %(address)s instead.", address=settings.public_url)
    return failures.page(400, _("This address is not known here"), words)
