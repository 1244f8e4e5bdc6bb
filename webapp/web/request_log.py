"""One line in the log for each request, and its count in the metrics."""

from __future__ import annotations

import logging
import time

from flask import g, request

from webapp import loaded_rows, trace
from webapp.web import request_metrics, scope

log = logging.getLogger("gatehouse.web")


def begin() -> None:
    """Note when the request began."""
    g.began = time.perf_counter()


def note(status: int) -> None:
    """Count the request, and log who asked for what, and which events were recorded."""
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    request_metrics.note_request(request.method, route(), status, seconds)
    facts = {
        "method": request.method,
        "route": route(),
        "status": status,
        "ms": round(1000 * seconds),
        "actor": _actor(),
        "organization": _organization(),
        "events": trace.recorded(),
    }
    line = "%s %s %s %.0f ms"
    log.info(line, request.method, route(), status, 1000 * seconds, extra={"facts": facts})


# Both without a query: after a rollback these rows would be read again, from a database that may
# be the reason why the request failed.
def _actor() -> str | None:
    user = scope.user()
    return f"user {loaded_rows.identity(user)}" if user else None


def _organization() -> str | None:
    organization = scope.current_organization()
    if organization is None:
        return None
    slug: str | None = loaded_rows.value(organization, "slug")
    return slug or (request.view_args or {}).get("slug")


def route() -> str:
    """The route's pattern; not the address, since addresses carry tokens."""
    return request.url_rule.rule if request.url_rule else "(no route)"
