"""The headers of every answer of every address, from one table."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from werkzeug.routing import AnyConverter, IntegerConverter

from tests import cast
from webapp.web import forwarded
from webapp.web.response_headers import ALWAYS, NOT_KEPT, OVER_HTTPS


def value(part):
    """Something that the variable part of an address takes."""
    if isinstance(part, AnyConverter):
        return min(part.items)
    return 1 if isinstance(part, IntegerConverter) else "some"


@pytest.fixture(params=["http://gatehouse.test", "https://gatehouse.test"])
def settings(settings, request):
    return {**settings, "PUBLIC_URL": request.param, "RATELIMIT_ENABLED": "off"}


def has_all(answer, table):
    return {name: answer.headers.getlist(name) for name in table} == {
        name: [value] for name, value in table.items()
    }


def test_every_address_sends_the_headers_of_the_table_by_every_method(app, settings):
    always = {**ALWAYS, **(OVER_HTTPS if settings["PUBLIC_URL"].startswith("https") else {})}
    client = app.test_client()
    seen = set()
    with app.test_request_context():
        rules = list(app.url_map.iter_rules())
        addresses = app.url_map.bind("gatehouse.test")
    for rule in rules:
        values = {name: value(part) for name, part in rule._converters.items()}
        path = addresses.build(rule.endpoint, values, method=next(iter(rule.methods)))
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
            answer = client.open(
                path, method=method, base_url=settings["PUBLIC_URL"], buffered=True
            )
            seen.add(answer.status_code)
            # On an application's host, HSTS is for its own proxy to say.
            table = ALWAYS if forwarded.is_path(urlsplit(path).path) else always
            assert has_all(answer, table), f"{method} {path} {answer.status}: {answer.headers}"
            if rule.endpoint != "static":
                assert has_all(answer, NOT_KEPT), f"{method} {path} may be stored"
            if not settings["PUBLIC_URL"].startswith("https"):
                assert "Strict-Transport-Security" not in answer.headers
    assert {200, 303, 401, 404, 405, 422} <= seen


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ({"path": "/login", "data": b"x" * 300_000, "method": "POST"}, 413),
        ({"path": "/nothing/here"}, 404),
        ({"path": "/login", "method": "POST", "data": {"email": b"\xff"}}, 400),
        ({"path": "/static/app.css"}, 200),
        ({"path": "/api/v1/invitations"}, 401),
        ({"path": "/login", "method": "PATCH"}, 405),
    ],
)
def test_so_do_refusals_files_and_what_is_not_there(app, settings, what, status):
    answer = app.test_client().open(**what, base_url=settings["PUBLIC_URL"], buffered=True)
    assert answer.status_code == status
    assert has_all(answer, ALWAYS)


def test_so_does_a_page_that_broke(app, settings, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("broken")

    monkeypatch.setitem(app.view_functions, "sign_in.show", broken)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().get("/login", base_url=settings["PUBLIC_URL"])
    assert answer.status_code == 500
    assert has_all(answer, ALWAYS)


def test_so_do_pages_of_members(browser):
    priya = browser(cast.PRIYA)
    assert has_all(priya.open("/orgs/acme/members"), ALWAYS)
