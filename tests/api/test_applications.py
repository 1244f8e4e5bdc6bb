"""Applications for programs."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.domain import applications, groups

WIKI = {"name": "Wiki", "home_url": "https://wiki.acme.example"}


@pytest.fixture
def here(program):
    """A program of Priya's."""
    return program()


def test_an_application_is_created_read_changed_and_deleted(here, app):
    with app.app_context():
        cast.group()
    made = here.post("/applications", {**WIKI, "groups": ["drivers"]})
    assert made.status_code == 201
    assert {**made.json, "created_at": None} == {
        "slug": "wiki",
        "name": "Wiki",
        "home_url": "https://wiki.acme.example/",
        "host": "wiki.acme.example",
        "for_everyone": False,
        "groups": ["drivers"],
        "second_factor": False,
        "visit_minutes": 480,
        "allows_unverified": False,
        "state": "active",
        "client_id": made.json["client_id"],
        "redirect_uris": [],
        "post_logout_redirect_uris": [],
        "backchannel_logout_uri": None,
        "public": False,
        "created_at": None,
    }
    assert here.get("/applications/wiki").json == made.json
    changes = {"second_factor": True, "visit_minutes": 60, "state": "paused"}
    changed = here.call("PATCH", "/applications/wiki", {**changes, "groups": None}).json
    assert {name: changed[name] for name in changes} == changes
    assert (changed["for_everyone"], changed["groups"]) == (True, [])
    assert here.call("PATCH", "/applications/wiki", {"name": "W"}).json["state"] == "paused"
    assert here.call("DELETE", "/applications/wiki").status_code == 204
    assert here.call("DELETE", "/applications/wiki").status_code == 404
    assert here.get("/applications/wiki").status_code == 404


def test_nobodys_application_stays_nobodys_when_it_is_sent_back_as_it_was_read(here, app):
    with app.app_context():
        cast.group()
        cast.application(groups=["drivers"])
        groups.delete(cast.organization(), "drivers", by=cast.person())
    at = "/applications/wiki"
    read = here.get(at).json
    assert (read["for_everyone"], read["groups"]) == (False, [])
    changed = here.call("PATCH", at, {"name": "W", "groups": read["groups"]}).json
    assert (changed["name"], changed["for_everyone"]) == ("W", False)
    assert here.call("PATCH", at, {"groups": None}).json["for_everyone"] is True


def test_an_empty_list_of_groups_opens_no_application_to_everybody(here, app):
    """A program may have worked the list out, and found nobody."""
    with app.app_context():
        cast.group()
        cast.application(groups=["drivers"])
    answer = here.call("PATCH", "/applications/wiki", {"groups": []})
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert error["pointer"] == "#/groups"
    assert here.get("/applications/wiki").json["groups"] == ["drivers"]
    new = {"name": "Plan", "home_url": "https://plan.example/", "groups": []}
    assert here.post("/applications", new).json["for_everyone"] is True
    changed = here.call("PATCH", "/applications/plan", {"name": "Planning", "groups": []})
    assert changed.json["for_everyone"] is True  # as it was read


def test_what_is_wrong_is_said_at_its_place(here, app):
    here.post("/applications", WIKI)
    with app.app_context():
        cast.application("secret", of="evil")
    other = {"name": "O", "home_url": "https://other.example/"}
    for body, pointer in (
        ({**WIKI, "slug": "other"}, "#/home_url"),
        ({**other, "home_url": "https://secret.evil.example"}, "#/home_url"),
        ({**other, "home_url": "http://other.example/"}, "#/home_url"),
        ({**other, "slug": "wiki"}, "#/slug"),
        ({**other, "slug": "new"}, "#/slug"),
        ({**other, "name": "  "}, "#/name"),
        ({"home_url": "https://other.example/"}, "#/name"),
        ({**other, "groups": ["nowhere"]}, "#/groups"),
        ({**other, "visit_minutes": 4}, "#/visit_minutes"),
        ({**other, "visit_minutes": "60"}, "#/visit_minutes"),
        ({**other, "state": "asleep"}, "#/state"),
        ({**other, "second_factor": "yes"}, "#/second_factor"),
        ({**other, "host": "x"}, "#/host"),
    ):
        answer = here.post("/applications", body)
        assert answer.status_code == 422
        assert [place["pointer"] for place in answer.json["errors"]] == [pointer]
        assert "Evil" not in answer.get_data(as_text=True)
    assert here.call("PATCH", "/applications/wiki", {"slug": "other"}).status_code == 422


def test_the_list_is_paged_by_slug_and_shows_only_the_organizations_own(here, app):
    with app.app_context():
        cast.application("secret", of="evil")
    for number in range(5):
        body = {"name": f"A{number}", "home_url": f"https://a{number}.example/"}
        here.post("/applications", body)
    first = here.get("/applications?limit=3").json
    second = here.get(f"/applications?limit=3&cursor={first['next']}").json
    assert [one["slug"] for one in first["items"] + second["items"]] == [f"a{n}" for n in range(5)]
    assert second["next"] is None
    assert here.get("/applications?cursor=x").status_code == 422
    assert here.get("/applications/secret").status_code == 404
    assert here.call("PATCH", "/applications/secret", {"name": "Mine"}).status_code == 404


def test_two_programs_that_change_an_application_hear_of_each_other(here):
    mark = here.post("/applications", WIKI).headers["ETag"]
    at = "/applications/wiki"
    assert here.get(at, If_None_Match=mark).status_code == 304
    assert here.call("PATCH", at, {"name": "A"}, If_Match=mark).status_code == 200
    answer = here.call("PATCH", at, {"name": "B"}, If_Match=mark)
    assert answer.status_code == 412
    assert "Priya Shah changed the application “Wiki”: the name to “A”" in answer.json["detail"]


def test_a_program_without_the_scope_neither_sees_nor_changes_them(program, app):
    with app.app_context():
        cast.application()
    other = program(scopes=["groups:write", "members:read"])
    assert other.get("/applications").status_code == 403
    assert other.post("/applications", WIKI).status_code == 403
    with app.app_context():
        assert applications.find(cast.organization(), "wiki")
