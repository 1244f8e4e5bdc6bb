"""The ways in: pages without JavaScript, the JSON API, and the verbs behind both."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Flask
from werkzeug.test import Client, TestResponse

from webapp.db import db
from webapp.domain.errors import Refusal

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
COOKIE = "gatehouse"
_places = itertools.count()


class Outcome(NamedTuple):
    """What came of trying: whether it was done, in which words, and what it gave."""

    done: bool
    words: str
    given: Any = None

    @property
    def limited(self) -> bool:
        """Whether it was not even looked at: too many tries."""
        return self.words == "429"


def elsewhere() -> str:
    """A network address that nobody has used yet, so that no limit by network is met."""
    number = next(_places)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


class Browser:
    """A browser of somebody's: presses buttons, whether or not its page would show them."""

    def __init__(self, app: Flask, session: str | None = None, *, network: str = "") -> None:
        self.network = network or elsewhere()
        self.client: Client = app.test_client()
        self.session = session
        if session:
            self.client.set_cookie(COOKIE, session)

    def get(self, path: str) -> TestResponse:
        """GET, to the end: what is written after the answer is written."""
        return self._closed(self.client.get(path, environ_overrides={"REMOTE_ADDR": self.network}))

    def post(self, path: str, **typed: str) -> Outcome:
        """POST with a valid CSRF token; done if it leads on."""
        answer = self._closed(
            self.client.post(
                path,
                data={"csrf_token": self._csrf(), **typed},
                environ_overrides={"REMOTE_ADDR": self.network},
            )
        )
        assert answer.status_code < 500, f"POST {path} broke"
        away = answer.status_code == 303 and "/login?" in answer.headers["Location"]
        cookie = self.client.get_cookie(COOKIE)
        given = cookie.value if cookie and cookie.value != self.session else None
        words = "signed out" if away else str(answer.status_code)
        return Outcome(answer.status_code == 303 and not away, words, given)

    def _csrf(self) -> str:
        """From any page that has a form."""
        for path in ("/login", "/account"):
            found = CSRF.search(self.get(path).text)
            if found:
                return found[1]
        raise AssertionError("no page with a form")

    @staticmethod
    def _closed(answer: TestResponse) -> TestResponse:
        answer.get_data()
        answer.close()
        return answer


def call(
    app: Flask,
    method: str,
    path: str,
    body: Any = None,
    *,
    token: str | None = None,
    network: str = "",
) -> Outcome:
    """Call the API."""
    answer = app.test_client(use_cookies=False).open(
        f"/api/v1{path}",
        method=method,
        json=body,
        headers={"Authorization": f"Bearer {token}"} if token else {},
        environ_overrides={"REMOTE_ADDR": network or elsewhere()},
    )
    given = answer.get_json(silent=True)
    answer.close()
    assert answer.status_code < 500, f"{method} {path} broke"
    return Outcome(answer.status_code < 300, str(answer.status_code), given)


def verb(app: Flask, act: Callable[[], Any]) -> Outcome:
    """Do what the pages and the API call."""
    with app.app_context():
        try:
            return Outcome(True, "done", act())
        except Refusal as refusal:
            return Outcome(False, type(refusal).__name__)
        finally:
            db.session.remove()
