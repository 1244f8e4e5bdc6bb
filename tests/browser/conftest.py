"""Real browsers in front of the real application, which runs in this process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests import cast
from tests.browser.visitor import Visitor
from tests.browser.windows import Windows
from tests.support.live import LiveServer
from tests.support.ports import kept_port
from tests.support.secrets import Secrets
from tests.support.smtp import ScriptedSMTP
from tools import find
from webapp import clock, queue
from webapp.domain import outbox
from webapp.domain.accounts import password_resets

FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')
LINK = re.compile(r"^http://127\.0\.0\.1:\d+/\S+", re.MULTILINE)


@pytest.fixture(scope="session")
def site_port() -> int:
    """The port of this test process's sites: the same one, so that applications can serve again."""
    return kept_port()


@pytest.fixture
def server(site_port: int) -> Iterator[LiveServer]:
    """The port behind which the application will stand."""
    server = LiveServer(site_port)
    yield server
    server.close()


@pytest.fixture
def app(make_app: Callable[..., Flask], server: LiveServer) -> Flask:
    """The application, whose links lead to its own port."""
    return make_app(PUBLIC_URL=server.address)


@pytest.fixture
def site(app: Flask, server: LiveServer) -> str:
    """The address of the application as it runs."""
    return server.serve(app).address


@pytest.fixture
def javascript() -> bool:
    """Whether browsers run scripts; tests marked `both_ways` say it."""
    return True


@pytest.fixture(scope="session")
def windows(chromium: Browser) -> Windows:
    """The windows of this test process's browser."""
    return Windows(chromium)


@pytest.fixture
def visitor(
    app: Flask, windows: Windows, site: str, secrets: Secrets, javascript: bool
) -> Iterator[Callable[..., Visitor]]:
    """People at browsers of their own; signed in, and at the first page, if an address is given."""
    people: list[Visitor] = []

    def come(
        email: str | None = None, *, at: str | None = None, javascript: bool = javascript
    ) -> Visitor:
        person = Visitor(windows.open(javascript=javascript), site, secrets)
        people.append(person)
        if email:
            person.keep(*signed_in(app, secrets, email))
        if address := ("/" if email else "") if at is None else at:
            person.open(address)
        return person

    yield come
    for person in people:
        person.leave()
        windows.leave(person.window, site)


def signed_in(app: Flask, secrets: Secrets, email: str) -> list[tuple[str, str]]:
    """The cookies of somebody who has signed in, without waiting for a browser's pages."""
    client = app.test_client()
    token = FIELD.search(client.get("/login").text)
    assert token
    secrets.learn(cast.PASSWORD)
    typed = {"csrf_token": token[1], "email": email, "password": cast.PASSWORD}
    answer = client.post("/login", data=typed)
    assert answer.status_code == 303, f"{email} cannot sign in by the password alone"
    pairs = [one.partition(";")[0].partition("=") for one in answer.headers.getlist("Set-Cookie")]
    return [(name, value) for name, _, value in pairs if value]


@pytest.fixture
def mailed_link(app: Flask, smtp: ScriptedSMTP) -> Callable[..., str]:
    """Lets the mail go out, and reads the link in the newest one to an address."""

    def read(to: str = "bo@example.org") -> str:
        with app.app_context(), clock.ahead(seconds=password_resets.LONGEST_PAUSE.total_seconds()):
            outbox.drain()
        mails = [mail.message for mail in smtp.messages if mail.rcpt_to == [to]]
        assert mails, f"no mail to {to}"
        body = mails[-1].get_body(("plain",))
        found = LINK.search(body.get_content() if body else "")
        assert found, "no link in the mail"
        return found[0]

    return read


@pytest.fixture
def worker(settings: dict[str, str], site: str, secrets: Secrets) -> Callable[[], None]:
    """A worker process: `rq worker` on our queue, until the queue is empty."""

    def work() -> None:
        rq = [sys.executable, "-m", "rq.cli", "worker", "--burst", "--url", settings["REDIS_URL"]]
        done = subprocess.run(
            [*rq, "--serializer", "rq.serializers.JSONSerializer", queue.NAME],
            env={**os.environ, **settings, "PUBLIC_URL": site},
            cwd=find.ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert not secrets.found_in(done.stdout + done.stderr), "a secret in the worker's log"

    return work


@pytest.fixture
def bo_is_invited(app: Flask, site: str) -> None:
    """Priya has invited Bo as a contributor."""
    with app.app_context():
        cast.invited()
