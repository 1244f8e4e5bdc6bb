"""Errors of the program, sent to Sentry or what speaks its protocol; off unless SENTRY_DSN is set.

Only what the log has: the type of an error and where in our code it happened. Never a request, a
person, a value or the error's own words, which can hold what somebody typed.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

from webapp import trace

KEPT = frozenset(
    {
        *("event_id", "timestamp", "platform", "level", "logger", "release", "environment"),
        *("exception", "tags", "contexts", "sdk"),
    }
)


# How long a process that ends waits for its reports to be sent, in seconds.
WAIT = 2.0
# RQ logs a failed job with its error's words in the line, and with nothing else.
UNTOLD_LOGS = ("rq.worker",)
_sdk: Any = None


def start(dsn: str, version: str, environment: str) -> None:
    """Report from now on what is logged as an error, in this process and those it forks."""
    global _sdk
    if not dsn:
        return
    _sdk = import_module("sentry_sdk")  # 6 MB, only where it is used
    logs = import_module("sentry_sdk.integrations.logging")
    for name in UNTOLD_LOGS:
        logs.ignore_logger(name)
    _sdk.init(
        dsn=dsn,
        release=f"gatehouse@{version}",
        environment=environment,
        integrations=[logs.LoggingIntegration(level=None, event_level=logging.ERROR)],
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        max_breadcrumbs=0,
        before_send=scrubbed,
    )


def tell(error: BaseException) -> None:
    """Report an error that a library logs in words of its own."""
    if _sdk is not None:
        _sdk.capture_exception(error)


def finish() -> None:
    """Wait until what is to be reported is sent, at most WAIT seconds, before a process ends."""
    if _sdk is not None:
        _sdk.flush(WAIT)


def scrubbed(event: dict[str, Any], _: Any = None) -> dict[str, Any]:
    """The event with nothing but what KEPT names, and no words of anybody's in that."""
    kept: dict[str, Any] = {name: value for name, value in event.items() if name in KEPT}
    for error in (kept.get("exception") or {}).get("values", ()):
        error.pop("value", None)
        for frame in (error.get("stacktrace") or {}).get("frames", ()):
            frame.pop("vars", None)
    kept["contexts"] = {"runtime": (event.get("contexts") or {}).get("runtime", {})}
    kept["tags"] = {"request_id": trace.current().request_id}
    # Of a log line only what stands in the code, without what was put into it.
    template = (event.get("logentry") or {}).get("message")
    if template:
        kept["logentry"] = {"message": template}
    return kept
