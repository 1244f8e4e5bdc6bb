"""Cookies that identify a browser: out of reach of scripts, of other sites and of other hosts."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from webapp import config


def read(name: str) -> str:
    """The value that the browser sent; empty if it sent none."""
    return request.cookies.get(_full(name), "")


def put(response: Response | AnyResponse, name: str, value: str, seconds: int) -> None:
    """Have the browser keep the value for so many seconds."""
    response.set_cookie(_full(name), value, max_age=seconds, path="/", **_flags())


def drop(response: Response | AnyResponse, name: str) -> None:
    """Have the browser forget the cookie."""
    response.delete_cookie(_full(name), path="/", **_flags())


def _full(name: str) -> str:
    """The name as it is sent; __Host- binds it to the host (RFC 6265bis 4.1.3)."""
    return f"__Host-{name}" if config.current().https else name


def _flags() -> dict[str, Any]:
    return {"secure": config.current().https, "httponly": True, "samesite": "Lax"}
