"""What no client should send gets a problem that says what it was."""

from __future__ import annotations

import pytest

BODIES = [
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b'{"email": NaN}', 400),
    (b'{"email": "\\ud800"}', 400),
    (b"[" * 100_000, 400),
    (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400),
    (b'{"expiry_days": ' + b"9" * 5000 + b"}", 400),
    (b'{"email": "b@example.org", "role": "manager", "expiry_days": 1e400}', 422),
    (b'{"email": "b@example.org", "role": "manager", "expiry_days": 99999999999999999999}', 422),
    (b'{"email": "b\\u0000@example.org", "role": "manager"}', 422),
    (b'{"email": ["b@example.org"], "role": {"a": 1}}', 422),
    (b"[]", 422),
    (b'"text"', 422),
    (b"null", 422),
    (b"", 422),
    (b"x" * 300_000, 413),
]


def send(here, raw, kind="application/json", path="/api/v1/invitations", method="POST"):
    return here.judged(
        here.client.open(
            path, method=method, data=raw, headers={**here.headers, "Content-Type": kind}
        )
    )


def test_bodies_that_are_no_json_object_of_ours(program):
    here = program()
    assert [send(here, raw).status_code for raw, _ in BODIES] == [status for _, status in BODIES]


def test_the_items_of_a_list_that_is_too_long_are_not_even_read(program):
    answer = program().post("/invitations/bulk", {"invitations": ["nobody"] * 1001})
    assert answer.status_code == 422
    assert len(answer.json["errors"]) == 1
    assert "1000" in str(answer.json["errors"])


def test_bodies_of_other_kinds(program):
    here = program()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "é", ""):
        assert send(here, b'{"email": "b@example.org", "role": "manager"}', kind).status_code == 415


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/", 404),
        ("GET", "/api/v2/invitations", 404),
        ("DELETE", "/api/v1/invitations", 405),
        ("OPTIONS", "/api/v1/invitations", 405),
        ("TRACE", "/api/v1/me", 405),
        ("POST", "/api/v1/docs", 405),
        ("POST", "/users", 405),
        ("PATCH", "/users/1/roles/owner", 401),
    ],
)
def test_addresses_and_methods_that_are_not_there(program, method, path, status):
    answer = program(None).call(method, path)
    assert answer.status_code == status
    assert ("Allow" in answer.headers) == (status == 405)


def test_another_sites_page_has_no_business_here(program):
    answer = program().call(
        *("POST", "/sessions"), {"email": "x", "password": "y"}, Sec_Fetch_Site="cross-site"
    )
    assert answer.status_code == 403


def test_what_breaks_says_nothing_of_what_was_sent(program, app, monkeypatch):
    def breaks(*_, **__):
        raise RuntimeError("bo@example.org")

    monkeypatch.setattr("webapp.web.api.response_schemas.sessions.UserSchema.get_attribute", breaks)
    answer = program().get("/me")
    assert (answer.status_code, answer.json["type"][-6:]) == (500, "broken")
    assert answer.json["instance"].endswith(answer.headers["X-Request-ID"])
