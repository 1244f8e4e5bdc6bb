"""The current request and its caller: context for logs, events and sessions."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

LOG = "gatehouse"


@dataclass(frozen=True, slots=True)
class Caller:
    """What authenticated the request: the row of a `session` or `key`, and its user."""

    kind: str
    id: int
    user_id: int


@dataclass(frozen=True, slots=True)
class Trace:
    """One request or job: its id, the caller's network address, device and authentication."""

    request_id: str = "-"
    address: str = ""
    device: str = ""
    caller: Caller | None = None


_NONE = Trace()
_recorded: ContextVar[tuple[str, ...]] = ContextVar("recorded", default=())
_current: ContextVar[Trace] = ContextVar("trace", default=_NONE)


def current() -> Trace:
    """The trace of the current request or job."""
    return _current.get()


def new_id() -> str:
    """A fresh request id: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def begin(request_id: str, address: str = "", device: str = "") -> None:
    """Start a request's trace in the current context."""
    _current.set(Trace(request_id, address[:64], device[:300]))
    _recorded.set(())


def end() -> None:
    """End a request's trace, so that the thread's next work is not attributed to it."""
    _current.set(_NONE)


def let_in(kind: str, row_id: int, user_id: int) -> None:
    """Note the session or key that authenticated the current request."""
    _current.set(replace(current(), caller=Caller(kind, row_id, user_id)))


def record(name: str) -> None:
    """Note for the request log which event was recorded."""
    _recorded.set((*_recorded.get(), name))


def recorded() -> tuple[str, ...]:
    """The names of the events recorded in the current request."""
    return _recorded.get()


@contextmanager
def job(name: str) -> Iterator[None]:
    """A trace for the length of a job or command."""
    token = _current.set(Trace(f"{name}-{new_id()}"))
    try:
        yield
    finally:
        _current.reset(token)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        record.request_id = current().request_id
        return super().format(record)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request_id": current().request_id,
            "message": record.getMessage(),
        }
        facts: dict[str, Any] = getattr(record, "facts", {})
        line |= {key: value for key, value in facts.items() if value not in (None, ())}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure_logging(style: str) -> None:
    """Send the program's log lines to standard error as `text` or `json`; safe to repeat."""
    log = logging.getLogger(LOG)
    log.setLevel(logging.INFO)
    for old in list(log.handlers):
        log.removeHandler(old)
    handler = logging.StreamHandler()
    text = _Text("%(asctime)s %(levelname)s [%(request_id)s] %(name)s: %(message)s")
    handler.setFormatter(_Json() if style == "json" else text)
    log.addHandler(handler)
