"""The audit trail by program."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests import cast
from webapp import clock


def test_the_trail_is_read_page_by_page_the_newest_first(program, app):
    with app.app_context():
        for number in range(3):
            cast.invited(f"guest{number}@example.org", send=False)
    here, path, seen = program(), "/events?name=InvitationCreated&limit=2", []
    while path:
        page = here.get(path).json
        seen += [row["data"]["email"] for row in page["items"]]
        path = page["next"] and f"/events?name=InvitationCreated&limit=2&cursor={page['next']}"
    assert seen[:3] == [f"guest{number}@example.org" for number in (2, 1, 0)]
    assert len(seen) == 6  # and the cast's own, with the founding
    newest = here.get("/events?name=InvitationCreated&limit=1").json["items"][0]
    assert newest["actor"]["name"] == "Priya Shah"
    assert newest["sentence"] == "Priya Shah invited guest2@example.org to join as a contributor."


def test_what_was_seen_is_left_out(program, app, travel):
    here = program()
    travel(hours=1)
    with app.app_context():
        cast.invited(send=False)
        before = clock.now().isoformat()
    newest = here.get("/events?name=InvitationCreated&limit=1").json["items"][0]["at"]
    assert here.get(f"/events?after={newest}").json["items"] == []
    assert here.get("/events").json["items"]
    assert here.get(f"/events?after={quote(before)}").json["items"] == []


BEYOND = ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00%2B14:00")


UNKNOWN = ["name=Nothing", "after=yesterday", "cursor=x", "after=9999999"]


@pytest.mark.parametrize("query", [*UNKNOWN, *(f"after={at}" for at in BEYOND)])
def test_what_cannot_be_read_is_said(program, query):
    answer = program().get(f"/events?{query}")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["parameter"] == query.partition("=")[0]
