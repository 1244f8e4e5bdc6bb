"""Programs that talk to the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests import cast
from tests.support.secrets import Secrets
from webapp.domain.accounts import api_keys

ALL = list(api_keys.SCOPES)


class Program:
    """A program without cookies; every answer of an error has to be a problem document."""

    def __init__(self, app: Flask, secrets: Secrets, token: str | None = None) -> None:
        self.client = app.test_client(use_cookies=False)
        self.secrets = secrets
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        """Call with a JSON body, if there is one, and more headers (with _ for -)."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"json": body} if body is not None else {}
        at = path if path.startswith(("/api", "/users")) else f"/api/v1{path}"
        answer = self.client.open(at, method=method, headers={**self.headers, **named}, **sent)
        return self.judged(answer)

    def judged(self, answer: TestResponse) -> TestResponse:
        """The answer, found in order; its secrets are looked for everywhere afterwards."""
        self.secrets.learn_links(answer.text)
        answer.close()  # what is written after the answer is sent
        if answer.is_json and isinstance(answer.json, dict):
            self.secrets.learn(answer.json.get("access_token", ""))
        assert "Set-Cookie" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        if answer.status_code >= 400:
            assert answer.mimetype == "application/problem+json"
            assert answer.json["status"] == answer.status_code
            assert answer.json["type"].startswith("http://gatehouse.test/api/v1/docs#problem-")
            assert {"title", "detail"} <= set(answer.json)
        return answer

    def get(self, path: str, **headers: str) -> TestResponse:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> TestResponse:
        """POST."""
        return self.call("POST", path, body, **headers)


@pytest.fixture
def make_key(app: Flask, secrets: Secrets) -> Callable[..., str]:
    """API keys of somebody's, with all scopes unless said otherwise."""

    def make(email: str = cast.PRIYA, *, slug: str = "acme", scopes: object = ALL) -> str:
        with app.app_context():
            _, secret = api_keys.create(
                cast.organization(slug),
                by=cast.person(email),
                name="Staff list",
                scopes=list(scopes),  # type: ignore[call-overload]
                days=30,
            )
        secrets.learn(secret)
        return secret

    return make


@pytest.fixture
def program(app: Flask, secrets: Secrets, make_key: Callable[..., str]) -> Callable[..., Program]:
    """Programs: with a key of Priya's, with a token, or with neither (token=None)."""

    def make(token: str | None = "", **key: object) -> Program:
        return Program(app, secrets, make_key(**key) if token == "" else token)

    return make
