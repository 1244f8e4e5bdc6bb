"""Requests that name another host than ours, with TRUSTED_HOSTS and without."""

from __future__ import annotations

import pytest

from tests.support.page import Page


def status(app, host, path="/login"):
    return app.test_client().get(path, headers={"Host": host}).status_code


def test_unset_every_host_is_answered(app):
    for host in ("gatehouse.test", "127.0.0.1:8000", "evil.example"):
        assert status(app, host) == 200


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("gatehouse.test", 200),
        ("gatehouse.test:8000", 200),
        ("GATE.internal", 200),
        ("a.example.org", 200),
        ("example.org", 200),
        ("[::1]:8000", 200),
        ("evil.example", 400),
        ("gatehouse.test.evil.example", 400),
        ("notexample.org", 400),
        ("10.0.0.7", 400),
        ("a b", 400),
        ("", 400),
    ],
)
def test_set_the_others_are_refused(make_app, host, expected):
    app = make_app(TRUSTED_HOSTS="gate.internal, .example.org, [::1]")
    assert status(app, host) == expected


def test_the_page_names_the_address_to_open_and_a_program_gets_a_problem(make_app):
    client = make_app(TRUSTED_HOSTS="gate.internal").test_client()
    page = client.get("/login", headers={"Host": "evil.example"})
    assert Page(page.text).heading == "This address is not known here"
    assert "Open http://gatehouse.test instead." in page.text
    call = client.get("/api/v1/invitations", headers={"Host": "evil.example"})
    assert call.status_code == 400
    assert call.content_type == "application/problem+json"


def test_probes_are_answered_at_every_address(make_app):
    app = make_app(TRUSTED_HOSTS="gate.internal", METRICS_TOKEN="token")
    for path, expected in (("/healthz", 200), ("/readyz", 200), ("/metrics", 401)):
        assert status(app, "10.0.0.7", path) == expected


def test_a_form_from_another_host_does_nothing(make_app):
    app = make_app(TRUSTED_HOSTS="gate.internal")
    answer = app.test_client().post("/login", headers={"Host": "evil.example"}, data={"email": "x"})
    assert answer.status_code == 400
