"""When access ends, through the API: of invitations and of members."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests import cast
from webapp import clock
from webapp.db import db, transaction
from webapp.domain.members import ends, roles
from webapp.domain.organizations import days
from webapp.models import AccessTerm, Event

INVITE = {"email": "bo@example.org", "role": "contributor"}


@transaction()
def zone(name):
    cast.organization().time_zone = name


@transaction()
def terms(**values):
    row = AccessTerm(organization_id=cast.organization().id, role="contributor", **values)
    db.session.merge(row)


def moment(text):
    return datetime.fromisoformat(text)


def problem(answer):
    return answer.json["type"].rpartition("#problem-")[2]


def test_an_invitation_says_when_access_ends_as_a_day_a_moment_or_a_number_of_days(program, app):
    with app.app_context():
        zone("Europe/Berlin")
    somebody = program()
    made = somebody.post("/invitations", {**INVITE, "access_until": "2099-06-30"}).json
    assert made["access_until"] == "2099-06-30T22:00:00Z"
    assert made["access_days"] is None
    path = f"/invitations/{made['id']}"
    exact = somebody.call("PATCH", path, {"access_until": "2099-06-30T18:00:00+02:00"}).json
    assert exact["access_until"] == "2099-06-30T16:00:00Z"
    kept = somebody.call("PATCH", path, {"name": "Bo"}).json
    assert kept["access_until"] == exact["access_until"]
    counted = somebody.call("PATCH", path, {"access_days": 90}).json
    assert (counted["access_until"], counted["access_days"]) == (None, 90)
    endless = somebody.call("PATCH", path, {"access_until": None}).json
    assert (endless["access_until"], endless["access_days"]) == (None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"access_until": "soon"},
        {"access_until": "2027-02-30"},
        {"access_until": "2020-01-01"},
        {"access_until": "2099-06-30T18:00:00"},  # in which zone?
        {"access_until": "9999-12-31"},
        {"access_until": "9999-12-30"},
        {"access_until": "9999-12-31T23:59:59Z"},  # no zone east of it could show that
        {"access_until": "0001-01-01T00:00:00+23:59"},
        {"access_until": 5},
        {"access_days": 0},
        {"access_days": 3651},
        {"access_days": "9"},
        {"access_until": "2099-06-30", "access_days": 9},
    ],
    ids=str,
)
def test_an_end_that_cannot_be_is_refused_and_nobody_is_invited(program, app, wrong):
    somebody = program()
    answer = somebody.post("/invitations", {**INVITE, **wrong})
    assert answer.status_code == 422
    assert problem(answer) in ("invalid", "refused")
    many = somebody.post("/invitations/bulk", {"invitations": [{**INVITE, **wrong}]})
    assert many.status_code == 422 or many.json["invited"] == 0
    with app.app_context():
        assert cast.invitation() is None


def test_without_an_end_the_usual_term_counts_and_never_more_than_the_longest(program, app):
    with app.app_context():
        terms(default_days=30, longest_days=60)
    somebody = program()
    assert somebody.post("/invitations", INVITE).json["access_days"] == 30
    for number, wish in enumerate(({"access_until": None}, {"access_days": 61})):
        body = {**INVITE, "email": f"b{number}@example.org", **wish}
        assert problem(somebody.post("/invitations", body)) == "refused"
    several = [{**INVITE, "email": f"c{number}@example.org"} for number in range(2)]
    several[1]["access_days"] = 60
    made = somebody.post("/invitations/bulk", {"invitations": several}).json["results"]
    assert [one["invitation"]["access_days"] for one in made] == [30, 60]


def test_a_members_end_is_set_moved_and_removed_and_gives_access_back(program, app):
    with app.app_context():
        path = f"/members/{cast.member().id}"
    somebody = program()
    day = f"{clock.now().date() + timedelta(days=5)}"
    shown = somebody.call("PATCH", path, {"access_until": day}).json
    with app.app_context():
        assert moment(shown["access_until"]) == cast.member().ends_at.replace(microsecond=0)
        assert cast.member().role == "contributor"
    assert [one["id"] for one in somebody.get("/members?status=ending").json["items"]] == [
        shown["id"]
    ]
    assert somebody.call("PATCH", path, {"access_until": None}).json["access_until"] is None
    with app.app_context():
        ends.end_now(cast.organization(), cast.member().id, by=cast.person())
    assert somebody.get(path).json["status"] == "ended"
    assert len(somebody.get("/members").json["items"]) == 2
    assert len(somebody.get("/members?status=ended").json["items"]) == 1
    back = somebody.call("PATCH", path, {"access_until": day}).json
    assert back["status"] == "active"


def test_role_and_end_change_together_or_not_at_all(program, app):
    with app.app_context():
        path, last = f"/members/{cast.member().id}", f"/members/{cast.member(cast.PRIYA).id}"
    somebody = program()
    answer = somebody.call("PATCH", path, {"role": "manager", "access_until": "2020-01-01"})
    assert problem(answer) == "refused"
    assert answer.json["errors"][0]["pointer"] == "#/access_until"
    assert somebody.get(path).json["role"] == "contributor"
    both = somebody.call("PATCH", path, {"role": "manager", "access_until": "2099-01-01"}).json
    assert (both["role"], both["access_until"]) == ("manager", "2099-01-02T00:00:00Z")
    assert problem(somebody.call("PATCH", path, {})) == "refused"
    assert problem(somebody.call("PATCH", last, {"access_until": "2099-01-01"})) == "refused"


def test_if_match_holds_for_ends_too(program, app):
    with app.app_context():
        path = f"/members/{cast.member().id}"
    somebody = program()
    etag = somebody.get(path).headers["ETag"]
    somebody.call("PATCH", path, {"access_until": "2099-01-01"})
    late = somebody.call("PATCH", path, {"access_until": "2098-01-01"}, If_Match=etag)
    assert (late.status_code, problem(late)) == (412, "changed-meanwhile")


@pytest.mark.parametrize("email", [cast.MARCO, cast.EVE])
def test_nobody_else_changes_ends(program, app, email):
    with app.app_context():
        path, marco = f"/members/{cast.member().id}", cast.member(cast.MARCO).id
        roles.change_role(cast.organization(), marco, by=cast.person(), role="admin")
    somebody = program(email=email, slug="evil" if email == cast.EVE else "acme")
    with app.app_context():  # Marco's key is of when he was an admin
        roles.change_role(cast.organization(), marco, by=cast.person(), role="manager")
        before = db.session.query(Event).count()
    answer = somebody.call("PATCH", path, {"access_until": "2099-01-01"})
    assert answer.status_code == (404 if email == cast.EVE else 403)
    with app.app_context():
        assert db.session.query(Event).count() == before
        assert cast.member().ends_at is None


def test_contributors_see_no_end_but_their_own(program, app, secrets):
    with app.app_context():
        acme = cast.organization()
        soon = days.after(acme, 5)
        for email in (cast.CHEN, cast.MARCO):
            ends.set_end(acme, cast.member(email).id, by=cast.person(), ends_at=soon)
    token = program(None).post("/sessions", {"email": cast.CHEN, "password": cast.PASSWORD}).json
    assert moment(token["membership"]["access_until"]) == soon
    seen = program(token["access_token"]).get("/members").json["items"]
    shown = {one["email"]: one["access_until"] for one in seen}
    assert shown[cast.MARCO] is None
    assert moment(shown[cast.CHEN]).astimezone(UTC) == soon
