"""What browsers report that a page's policy blocked."""

from __future__ import annotations

import json
import logging

import pytest

OLD = {
    "csp-report": {
        "document-uri": "https://gatehouse.test/register?token=secret",
        "blocked-uri": "https://evil.example/x.js?y=secret",
        "effective-directive": "script-src-elem",
    }
}
NEW = [
    {
        "type": "csp-violation",
        "url": "https://gatehouse.test/register?token=secret",
        "body": {"blockedURL": "inline", "effectiveDirective": "style-src-attr"},
    }
]


@pytest.fixture
def settings(settings):
    return {**settings, "CSP_REPORTS": "on"}


@pytest.fixture
def report(app, caplog):
    caplog.set_level(logging.WARNING, "gatehouse.web")
    client = app.test_client()

    def report(body, kind="application/csp-report"):
        caplog.clear()
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Origin": "null"}
        answer = client.post("/csp-reports", data=raw, content_type=kind, headers=headers)
        return answer.status_code, [one.getMessage() for one in caplog.records]

    return report


def test_pages_say_where_to_report(app):
    headers = app.test_client().get("/login").headers
    assert headers["Content-Security-Policy"].endswith("; report-uri /csp-reports; report-to csp")
    assert headers["Reporting-Endpoints"] == 'csp="/csp-reports"'


def test_both_forms_are_logged_without_addresses(report):
    said = "a page's policy (script-src-elem) blocked https://evil.example"
    assert report(OLD) == (204, [said])
    said = "a page's policy (style-src-attr) blocked inline"
    assert report(NEW, "application/reports+json") == (204, [said])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no report",
        b"[" * 100_000,
        b"\xff",
        {},
        [],
        7,
        "x",
        {"csp-report": "x"},
        [{"body": []}],
        {"csp-report": {"blocked-uri": "x" * 17_000}},
    ],
)
def test_what_is_no_report_is_refused_and_not_logged(report, body):
    status, lines = report(body)
    assert status == (204 if body == [] else 400)
    assert not [line for line in lines if "policy" in line]


@pytest.mark.parametrize(
    ("blocked", "logged"),
    [
        ("data:text/html,<b>", "data"),
        ("https://[broken", "unknown"),
        ("http://ev\nil.example/", "http://evil.example"),
        ("\n2026-11-27 INFO forged", "unknown"),
        (["x"], "unknown"),
        (None, "unknown"),
    ],
)
def test_nobody_writes_their_own_lines_into_the_log(report, blocked, logged):
    body = {"csp-report": {"blocked-uri": blocked, "effective-directive": "img-src\nforged"}}
    assert report(body) == (204, [f"a page's policy (img-src) blocked {logged}"])


def test_a_flood_is_refused(report):
    answers = [report(OLD)[0] for _ in range(61)]
    assert answers == [204] * 60 + [429]
