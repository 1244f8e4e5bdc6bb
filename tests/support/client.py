"""A browser without JavaScript for tests, which checks every answer it gets."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from tests.support.nu import NuChecker, without_marks
from tests.support.page import Page
from tests.support.secrets import Secrets
from tests.support.seen import Seen

CSRF = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')

_nu: NuChecker | None = None
_nu_lock = threading.Lock()
_clean = Seen("pages")  # in which nothing was found


@dataclass(frozen=True)
class SignInForm:
    """A form to sign in, as a browser has opened it: its token, and the cookie it is good with."""

    cookie: str
    token: str


_forms: dict[tuple[str, str, int], SignInForm] = {}


class Answer:
    """A response, its page parsed and found in order."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        self.location = response.headers.get("Location", "")
        self.text = response.get_data(as_text=True)
        response.close()  # as a server does, which lets the app write what comes after an answer
        self.page = Page(self.text)


class Browser:
    """Follows links and sends forms as a person does, one page at a time."""

    def __init__(
        self, app: Flask, secrets: Secrets, *, check: bool = True, address: str = "127.0.0.1"
    ) -> None:
        self.app = app
        self.secrets = secrets
        self.check = check
        self.client = app.test_client()
        self.environ = {"REMOTE_ADDR": address}
        self._at: Answer | None = None
        self._is_signing_in = False

    @property
    def at(self) -> Answer:
        """The answer that is open; where signing in leads is asked for once it is looked at."""
        assert self._at is not None
        self._at = self._follow(self._at) if self._is_signing_in else self._at
        self._is_signing_in = False
        return self._at

    @property
    def page(self) -> Page:
        """The page that is open."""
        return self.at.page

    @property
    def status(self) -> int:
        """The status of the page that is open."""
        return self.at.status

    def open(self, address: str, *, follow: bool = True, **options: Any) -> Answer:
        """GET an address, or a link as it was mailed, and follow redirects."""
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        self.secrets.learn_links(address)
        return self._keep(self.client.get(path, environ_overrides=self.environ, **options), follow)

    def htmx(self, address: str, target: str = "div#invitations", **data: str) -> Answer:
        """Ask for a fragment as htmx does; POST when there is data."""
        headers = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": target}
        if not data:
            return self.open(address, headers=headers)
        response = self.client.post(
            address, data=data, headers=headers, environ_overrides=self.environ
        )
        answer = self._judge(response)
        while answer.status == 303:  # fetch follows with the same headers
            response = self.client.get(
                answer.location, headers=headers, environ_overrides=self.environ
            )
            answer = self._judge(response)
        return answer

    def send(self, action: str, *, follow: bool = True, **typed: Any) -> Answer:
        """Fill in the open page's form to that action and press its button."""
        form = self.page.form(action)
        return self.post(form.action, {**form.fields, **typed}, follow=follow)

    def post(self, address: str, data: Any, *, follow: bool = True, **options: Any) -> Answer:
        """POST as it is; answers with a page only when follow is off or it was not a 303."""
        if isinstance(data, dict):
            self.secrets.learn(
                *(v for k, v in data.items() if k in ("password", "present_password", "token"))
            )
        response = self.client.post(address, data=data, environ_overrides=self.environ, **options)
        return self._keep(response, follow)

    def sign_in(self, email: str, password: str) -> None:
        """Sign in by the form."""
        typed = {"csrf_token": self._token(), "email": email, "password": password}
        self.post("/login", typed, follow=False)
        self._is_signing_in = True

    def _token(self) -> str:
        """The token of the form to sign in, opened by an earlier test if this browser is new.

        Most tests begin so, and the form is the same. The browsers of one test have different ones.
        """
        name = self.app.config["SESSION_COOKIE_NAME"]
        if self.client.get_cookie(name):
            return self._opened_token()
        self.secrets.browsers += 1
        which = (name, self.app.extensions["settings"].secret_key, self.secrets.browsers)
        if which in _forms:
            self.secrets.learn(_forms[which].cookie)
            self.client.set_cookie(name, _forms[which].cookie)
        else:
            token = self._opened_token()
            cookie = self.client.get_cookie(name)
            assert cookie
            _forms[which] = SignInForm(cookie.value, token)
        return _forms[which].token

    def _opened_token(self) -> str:
        found = CSRF.search(self.open("/login").text)
        assert found, "no form to sign in"
        return found[1]

    def _keep(self, response: TestResponse, follow: bool) -> Answer:
        self._is_signing_in = False
        answer = self._judge(response)
        self._at = self._follow(answer) if follow else answer
        return self._at

    def _follow(self, answer: Answer) -> Answer:
        while answer.status in (301, 302, 303):
            path = urlsplit(answer.location)
            where = path.path + (f"?{path.query}" if path.query else "")
            answer = self._judge(self.client.get(where, environ_overrides=self.environ))
        return answer

    def _judge(self, response: TestResponse) -> Answer:
        for cookie in response.headers.getlist("Set-Cookie"):
            self.secrets.learn(cookie.partition("=")[2].partition(";")[0])
        answer = Answer(response)
        if answer.status != 422 and answer.status != 200:
            leaked = [s for s in self.secrets.found_in(answer.text) if answer.status >= 400]
            assert not leaked or "csrf_token" in answer.text, "a secret on an error page"
        if self.check:
            check_answer(answer)
        return answer


def check_answer(answer: Answer) -> None:
    """Fail unless headers and HTML are as every answer's must be."""
    headers, path = answer.headers, answer.response.request.path
    csp = headers["Content-Security-Policy"]
    assert "default-src 'none'" in csp
    assert "unsafe" not in csp
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert answer.status < 500, f"{path} broke"
    if path.startswith("/static/"):
        return
    assert headers["Cache-Control"] == "no-store", f"{path} may be stored"
    html = headers.get("Content-Type", "").startswith("text/html")
    if not html or 300 <= answer.status < 400:
        return
    assert "HX-Request" in answer.response.vary, f"{path} does not vary by HX-Request"
    whole = answer.text.lstrip().lower().startswith("<!doctype")
    if not answer.text:
        return
    known = without_marks(answer.text)
    if known in _clean:
        return
    faults = answer.page.faults(whole=whole)
    assert not faults, f"{path}: {faults}"
    errors = _checker().errors(answer.text) if whole else _checker().fragment_errors(answer.text)
    assert not errors, f"{path} is not valid HTML: {errors}"
    _clean.add(known)


def _checker() -> NuChecker:
    global _nu
    with _nu_lock:
        if _nu is None:
            _nu = NuChecker()
        return _nu
