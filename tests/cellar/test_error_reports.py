"""Errors that are reported to another program, and what is not told it about anybody."""

from __future__ import annotations

import subprocess
import sys

import brotli
import pytest

from tests.support.receiver import Receiver, reports
from webapp.config import ROOT
from webapp.error_reports import scrubbed

BREAK = """
import sys
from webapp import create_app
from webapp.config import Settings
app = create_app(Settings.from_env())

def broken(**_):
    typed = "bo@example.org"
    raise ValueError(f"cannot read {typed} and secret-token-1")

app.view_functions["registration.show"] = broken
headers = {"Cookie": "gatehouse=secret-cookie", "User-Agent": "secret-browser"}
answer = app.test_client().get("/register?token=secret-token-1", headers=headers)
assert answer.status_code == 500, answer.status
import logging
logging.getLogger("gatehouse.web").error("mail to %s failed", "bo@example.org")
if "sentry_sdk" in sys.modules:
    sys.modules["sentry_sdk"].flush(10)
print("sentry_sdk" in sys.modules)
"""


def run(settings, **more):
    done = subprocess.run(
        [sys.executable, "-c", BREAK],
        cwd=ROOT,
        env={**settings, **more, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def test_an_error_is_reported_with_its_place_and_nobodys_words(settings):
    with Receiver() as there:
        dsn = there.url.replace("://", "://public@").rsplit("/", 1)[0] + "/7"
        assert run(settings, SENTRY_DSN=dsn) == "True"
        broken, line = reports(there)
        raw = b"".join(brotli.decompress(heard.body) for heard in there.heard).decode()
    (error,) = broken["exception"]["values"]
    assert error["type"] == "ValueError"
    assert error["stacktrace"]["frames"][-1]["function"] == "broken"
    assert len(broken["tags"]["request_id"]) == 16
    assert broken["release"].startswith("gatehouse@")
    assert line["logentry"]["message"] == "mail to %s failed"
    for word in ("secret-token-1", "secret-cookie", "secret-browser", "bo@example.org"):
        assert word not in raw.replace('typed = \\"bo@example.org\\"', "")
    assert there.heard[0].path == "/api/7/envelope/"


def test_without_the_setting_nothing_is_loaded(settings):
    assert run(settings) == "False"


@pytest.mark.parametrize(
    "name", ["request", "user", "extra", "breadcrumbs", "server_name", "message", "modules"]
)
def test_what_says_who_or_where_is_left_out(name):
    assert name not in scrubbed({name: "bo@example.org", "level": "error"})
