"""The span of each request, where traces are collected."""

from __future__ import annotations

from flask import g, request

from webapp import config, telemetry
from webapp.web.request_metrics import METHODS

UNTRACED = ("static", "health.alive", "health.ready", "metrics.show")
CONTINUED = ("traceparent", "tracestate")  # W3C Trace Context


def begin() -> None:
    """Begin it; within the trace of the proxy in front, if there is one whose word we take."""
    if request.endpoint in UNTRACED:
        return
    parent = None
    if config.current().trusted_proxies:
        parent = {name: request.headers.get(name, "") for name in CONTINUED}
    g.span = telemetry.span(_method(), "SERVER", parent)
    g.span.__enter__()


def note(route: str, status: int) -> None:
    """What the request was, and how it was answered."""
    if "span" in g:
        facts = {
            "http.request.method": _method(),
            "http.route": route,
            "http.response.status_code": status,
        }
        telemetry.tell(facts, name=f"{_method()} {route}", failed=status >= 500)


def end() -> None:
    """End it, whatever became of the request."""
    span = g.pop("span", None)
    if span is not None:
        span.__exit__(None, None, None)


def _method() -> str:
    return request.method if request.method in METHODS else "_OTHER"
