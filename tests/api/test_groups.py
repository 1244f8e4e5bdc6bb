"""Groups for programs."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.db import db
from webapp.domain.organizations import permissions
from webapp.models import Event, GroupMember

DRIVERS = {"slug": "drivers", "name": "Drivers"}


@pytest.fixture
def here(program):
    """A program of Priya's."""
    return program()


@pytest.fixture
def chen(app):
    """The id of Chen's membership."""
    with app.app_context():
        return cast.member().id


def test_a_group_is_created_read_changed_and_deleted(here):
    made = here.post("/groups", {**DRIVERS, "description": "Who drive", "is_default": True})
    assert made.status_code == 201
    assert {**made.json, "created_at": None} == {
        **DRIVERS,
        "description": "Who drive",
        "is_default": True,
        "members": 0,
        "created_at": None,
    }
    assert here.get("/groups/drivers").json == made.json
    changed = here.call("PATCH", "/groups/drivers", {"description": None, "is_default": False})
    assert (changed.json["description"], changed.json["is_default"]) == (None, False)
    assert changed.json["name"] == "Drivers"
    assert here.call("DELETE", "/groups/drivers").status_code == 204
    assert here.call("DELETE", "/groups/drivers").status_code == 404
    assert here.get("/groups/drivers").status_code == 404


def test_what_is_wrong_is_said_at_its_place(here):
    here.post("/groups", DRIVERS)
    for body, pointer in (
        (DRIVERS, "#/slug"),
        ({"slug": "No", "name": "x"}, "#/slug"),
        ({"slug": "night", "name": "  "}, "#/name"),
        ({"slug": "night"}, "#/name"),
        ({"slug": "night", "name": "N", "other": 1}, "#/other"),
        ({"slug": "night", "name": "N", "is_default": "yes"}, "#/is_default"),
        ({"slug": "night", "name": "a\x00b"}, "#/name"),
    ):
        answer = here.post("/groups", body)
        assert answer.status_code == 422
        assert [place["pointer"] for place in answer.json["errors"]] == [pointer]
    assert here.call("PATCH", "/groups/drivers", {"slug": "other"}).status_code == 422


def test_the_list_pages_by_slug(here):
    for number in range(5):
        here.post("/groups", {"slug": f"g{number}", "name": f"Group {number}"})
    first = here.get("/groups?limit=3").json
    second = here.get(f"/groups?limit=3&cursor={first['next']}").json
    assert [one["slug"] for one in first["items"] + second["items"]] == [f"g{n}" for n in range(5)]
    assert second["next"] is None
    assert here.get("/groups?cursor=x").status_code == 422


def test_two_programs_that_change_a_group_hear_of_each_other(here):
    mark = here.post("/groups", DRIVERS).headers["ETag"]
    assert here.get("/groups/drivers", If_None_Match=mark).status_code == 304
    assert here.call("PATCH", "/groups/drivers", {"name": "A"}, If_Match=mark).status_code == 200
    answer = here.call("PATCH", "/groups/drivers", {"name": "B"}, If_Match=mark)
    assert answer.status_code == 412
    assert "Priya Shah changed the group “Drivers”: the name to “A”" in answer.json["detail"]


def test_members_are_put_in_and_taken_out_and_doing_it_again_changes_nothing(here, chen, app):
    here.post("/groups", DRIVERS)
    for _ in range(2):
        answer = here.call("PUT", f"/groups/drivers/members/{chen}")
        assert (answer.status_code, answer.json["groups"]) == (200, ["drivers"])
    assert here.get("/groups/drivers").json["members"] == 1
    assert [one["id"] for one in here.get("/members?group=drivers").json["items"]] == [chen]
    assert here.get(f"/members/{chen}").json["groups"] == ["drivers"]
    for _ in range(2):
        assert here.call("DELETE", f"/groups/drivers/members/{chen}").status_code == 204
    assert here.get("/members?group=drivers").json["items"] == []
    with app.app_context():
        names = [name for (name,) in db.session.query(Event.name)]
    assert names.count("GroupMemberAdded") == names.count("GroupMemberRemoved") == 1


def test_a_member_of_another_organization_and_their_group_are_unknown(here, app, program):
    here.post("/groups", DRIVERS)
    with app.app_context():
        cast.group("theirs", slug="evil")
        eve = cast.member(cast.EVE, "evil").id
    assert here.call("PUT", f"/groups/drivers/members/{eve}").status_code == 404
    assert here.call("PUT", "/groups/drivers/members/999999").status_code == 404
    assert here.get("/groups/theirs").status_code == 404
    assert program(email=cast.EVE, slug="evil").get("/groups/drivers").status_code == 404
    with app.app_context():
        assert db.session.query(GroupMember).count() == 0


def test_invitations_carry_groups(here, app):
    here.post("/groups", DRIVERS)
    here.post("/groups", {"slug": "night", "name": "Night shift", "is_default": True})
    bo = {"email": "bo@example.org", "role": "contributor"}
    made = here.post("/invitations", {**bo, "groups": ["drivers", "night", "drivers"]})
    assert made.json["groups"] == ["drivers", "night"]
    one = f"/invitations/{made.json['id']}"
    changed = here.call("PATCH", one, {"groups": []}, If_Match=made.headers["ETag"])
    assert changed.json["groups"] == []
    again = here.call("PATCH", one, {"groups": ["night"]}, If_Match=made.headers["ETag"])
    assert again.status_code == 412
    usual = here.post("/invitations", {**bo, "email": "cy@example.org"})
    assert usual.json["groups"] == ["night"]
    none = here.post("/invitations", {**bo, "email": "di@example.org", "groups": []})
    assert none.json["groups"] == []
    found = here.get("/invitations?group=night").json["items"]
    assert [row["email"] for row in found] == ["cy@example.org"]
    for body in (
        {"groups": ["nobodys"]},
        {"groups": ["\x00"]},
        {"groups": [""] * 20 + ["x" * 300]},
    ):
        answer = here.post("/invitations", {**bo, "email": "ed@example.org", **body})
        assert answer.status_code == 422
        assert answer.json["errors"][0]["pointer"].startswith("#/groups")
    many = {**bo, "email": "ed@example.org", "groups": ["night"] * 21}
    assert here.post("/invitations", many).status_code == 422


def test_many_are_invited_each_with_their_groups(here):
    here.post("/groups", DRIVERS)
    people = [
        {"email": "a@example.org", "role": "manager", "groups": ["drivers"]},
        {"email": "b@example.org", "role": "manager"},
        {"email": "c@example.org", "role": "manager", "groups": ["nobodys"]},
    ]
    results = here.post("/invitations/bulk", {"invitations": people}).json["results"]
    assert [one["status"] for one in results] == [201, 201, 422]
    assert [one["invitation"]["groups"] for one in results[:2]] == [["drivers"], []]
    assert results[2]["problem"]["errors"][0]["pointer"] == "#/groups"


def test_a_member_who_is_invited_is_named(here, chen):
    here.post("/groups", DRIVERS)
    body = {"email": cast.CHEN, "role": "contributor", "groups": ["drivers"]}
    answer = here.post("/invitations", body)
    assert (answer.status_code, answer.json["member_id"]) == (422, chen)
    assert here.call("PUT", f"/groups/drivers/members/{chen}").status_code == 200


@pytest.mark.parametrize("path", ["/invitations", "/members", "/reports/invitations"])
@pytest.mark.parametrize("slug", ["nobodys", "%00", "No"])
def test_a_list_by_a_group_that_there_is_not_is_refused(here, path, slug):
    answer = here.get(f"{path}?group={slug}")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["parameter"] == "group"


def test_a_report_is_of_one_group(here):
    here.post("/groups", DRIVERS)
    for email, given in (("a@example.org", ["drivers"]), ("b@example.org", [])):
        here.post("/invitations", {"email": email, "role": "manager", "groups": given})
    assert here.get("/reports/invitations?group=drivers").json["total"]["invited"] == 1


def test_a_key_needs_the_scope(program, chen):
    writes = program(scopes=["groups:write"])
    assert writes.post("/groups", DRIVERS).status_code == 201
    assert writes.get("/groups").status_code == 403
    reads = program(scopes=["groups:read"])
    assert reads.get("/groups/drivers").status_code == 200
    assert reads.call("PUT", f"/groups/drivers/members/{chen}").status_code == 403
    assert program(scopes=["members:write"]).get("/groups").status_code == 403


def test_every_member_reads_groups():
    assert permissions.allows("contributor", "groups:read")
    assert not permissions.allows("manager", "groups:write")
