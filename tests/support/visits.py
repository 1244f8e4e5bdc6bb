"""A browser that goes to an application behind a proxy, and the proxy between it and us."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask

from tests import cast
from tests.support.client import Answer
from webapp.models import Application

HOST = "wiki.acme.example"
PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
NAMES = ("Remote-User", "Remote-Email", "Remote-Name", "Remote-Groups")


def wiki(host: str = HOST, *, slug: str = "wiki", **options: Any) -> Application:
    """An application at that host, of Acme's unless said otherwise."""
    return cast.application(slug, home_url=f"https://{host}/", **options)


class Visitor:
    """A browser at the gate: its cookies of Gatehouse, and its cookies of each other host."""

    def __init__(self, app: Flask, browser: Any, email: str | None = None) -> None:
        self.app = app
        self.browser = browser(email)
        self.there = app.test_client()

    def check(self, host: str = HOST, path: str = "/", **headers: str) -> Answer:
        """What a proxy is told that has a request for the page of the host."""
        given = {"X-Forwarded-Host": host, "X-Forwarded-Uri": path, "X-Forwarded-Proto": "https"}
        sent = {**PAGE, **given, **{n.replace("_", "-"): v for n, v in headers.items()}}
        return self._ask("/gate/check", host, headers=sent)

    def go(self, address: str, **options: Any) -> Answer:
        """The answer to one address, of Gatehouse or of another host; it is not followed."""
        parts = urlsplit(address)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if parts.netloc in ("", "gatehouse.test"):
            return self.browser.open(path, follow=False, **options)  # type: ignore[no-any-return]
        return self._ask(path, parts.netloc, **options)

    def code(self, host: str = HOST, to: str = "/page?a=1") -> str:
        """The address with a code, on the way in: all that is left is to open it."""
        begun = self.go(f"https://{host}/.gatehouse/start?{urlencode({'to': to})}")
        return self.go(begun.location).location

    def enter(self, host: str = HOST, to: str = "/page?a=1") -> Answer:
        """The whole way in."""
        return self.go(self.code(host, to))

    def _ask(self, path: str, host: str, method: str = "GET", **options: Any) -> Answer:
        base = f"https://{host}"
        response = self.there.open(path, base_url=base, method=method, **options)
        for cookie in response.headers.getlist("Set-Cookie"):
            self.browser.secrets.learn(cookie.partition("=")[2].partition(";")[0])
        return Answer(response)


def names(answer: Answer) -> list[str]:
    """Who it is, as the proxy is told."""
    return [answer.headers[name] for name in NAMES]
