"""Two programs that change the same thing: the second hears of the first, if it asks to."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.meanwhile import Queue, Somebody, once
from webapp.db import db
from webapp.domain import outbox
from webapp.domain.events import versions
from webapp.domain.invitations import link_status
from webapp.models import Event

BO = {"email": "bo@example.org", "role": "contributor"}


@pytest.fixture
def here(program):
    """A program of Priya's."""
    return program()


def addresses(number):
    """Where an invitation is."""
    return [f"/invitations/{number}", f"/api/invitations/{number}", f"/api/invitations/{number}/"]


def refused(answer):
    assert (answer.status_code, answer.json["status"]) == (412, 412)
    assert answer.json["type"].endswith("#problem-changed-meanwhile")
    return answer.json["detail"]


def test_every_answer_about_one_invitation_has_the_mark_that_getting_it_has(here, app):
    made = here.post("/invitations", BO)
    one = f"/invitations/{made.json['id']}"
    answers = [
        made,
        here.call("PATCH", one, {"role": "manager"}),
        here.post(f"{one}/resend"),
        here.post(f"{one}/revoke"),
    ]
    marks = []
    for answer in answers:
        marks.append(answer.headers["ETag"])
        if answer is answers[-1]:
            assert here.get(one).headers["ETag"] == marks[-1]
    assert len(set(marks)) == len(marks)  # also within one second
    assert here.post("/invitations", BO).headers["ETag"] not in marks


def test_what_inviting_answers_is_good_for_the_next_change(here):
    made = here.post("/api/organizations/invitations/send/", BO)
    assert here.get(f"/invitations/{made.json['id']}").headers["ETag"] == made.headers["ETag"]
    again = here.call(
        *("PATCH", f"/invitations/{made.json['id']}", {"name": "Bo"}),
        If_Match=made.headers["ETag"],
    )
    assert again.status_code == 200


def test_a_repeated_request_has_the_same_mark(here):
    first = here.post("/invitations", BO, Idempotency_Key="a1")
    again = here.post("/invitations", BO, Idempotency_Key="a1")
    assert first.headers["ETag"] == again.headers["ETag"]


def test_an_invitation_that_was_changed_since_is_not_changed_at_any_address(here, app):
    made = here.post("/invitations", BO)
    number, seen = made.json["id"], made.headers["ETag"]
    newer = here.call("PATCH", f"/invitations/{number}", {"role": "manager"}, If_Match=seen)
    assert newer.status_code == 200
    for at in addresses(number):
        words = refused(here.call("PATCH", at, {"name": "Bo"}, If_Match=seen))
        assert "Priya Shah changed the role of the invitation for bo@example.org, on" in words
        # A condition is a condition, even where nothing would be changed.
        refused(here.call("PATCH", at, {"role": "manager"}, If_Match=seen))
    found = here.get(f"/invitations/{number}")
    assert (found.json["role"], found.json["name"]) == ("manager", None)
    with app.app_context():
        assert db.session.query(Event).filter_by(name="InvitationEdited").count() == 1
    for at in addresses(number):
        mark = here.get(at).headers["ETag"]
        assert here.call("PATCH", at, {"name": at}, If_Match=mark).status_code == 200


@pytest.mark.parametrize("at", ["", "/api", "/api/v1"])
def test_a_member_whose_role_was_changed_since_keeps_it(here, app, at):
    with app.app_context():
        one = f"/members/{cast.member(cast.CHEN).id}"
    seen = here.get(one).headers["ETag"]
    alias = f"{at}/users/{one.rpartition('/')[2]}/roles"
    newer = here.call("PATCH", f"{alias}/manager", If_Match=seen)
    assert newer.status_code == 200
    refused(here.call("PATCH", f"{alias}/admin", If_Match=seen))
    refused(here.call("PATCH", f"{alias}/manager/", If_Match=seen))
    refused(here.call("PATCH", one, {"role": "admin"}, If_Match=seen))
    assert here.get(one).json["role"] == "manager"
    assert here.get(one).headers["ETag"] == newer.headers["ETag"]
    deactivated = here.post(f"{one}/deactivate").headers["ETag"]
    reactivated = here.post(f"{one}/reactivate").headers["ETag"]
    assert deactivated != reactivated == newer.headers["ETag"]
    assert here.call("PATCH", one, {"role": "admin"}, If_Match=reactivated).status_code == 200


def test_what_moves_by_itself_is_no_change_by_somebody(here, app, travel, smtp):
    """A mail that left, a link that was opened, a member who did something."""
    made = here.post("/invitations", BO)
    one, seen = f"/invitations/{made.json['id']}", made.headers["ETag"]
    with app.app_context():
        outbox.drain()
        link_status.look(cast.mailed_token(cast.invitation()))
        chen = f"/members/{cast.member(cast.CHEN).id}"
    assert here.get(one).headers["ETag"] != seen  # what is shown is another thing
    assert here.call("PATCH", one, {"name": "Bo"}, If_Match=seen).status_code == 200
    assert here.call("PATCH", one, {"name": "Jo"}, If_Match=seen).status_code == 412
    assert here.call("PATCH", chen, {"role": "manager"}, If_Match="*").status_code == 200


@pytest.mark.parametrize(
    "wanted", ['"x"', "x", "", '""', 'W/"{}"', '"{}-', '"-"', '"\\"', "é", ",,,", '"' * 99]
)
def test_what_is_no_mark_of_it_matches_nothing(here, wanted):
    made = here.post("/invitations", BO)
    mark = made.headers["ETag"].strip('"')
    wanted = wanted.replace("{}", mark)
    if wanted == f'"{mark}-':
        wanted = f'"{mark[::-1]}"'
    one = f"/invitations/{made.json['id']}"
    refused(here.call("PATCH", one, {"name": "Bo"}, If_Match=wanted))
    assert here.get(one).json["name"] is None


def test_any_mark_of_several_and_an_asterisk_match(here):
    made = here.post("/invitations", BO)
    one, mark = f"/invitations/{made.json['id']}", made.headers["ETag"]
    several = f'"other", {mark}'
    assert here.call("PATCH", one, {"name": "Bo"}, If_Match=several).status_code == 200
    assert here.call("PATCH", one, {"name": "Jo"}, If_Match="*").status_code == 200
    assert here.call("PATCH", "/invitations/999999", {"name": "x"}, If_Match="*").status_code == 404


def test_what_would_be_refused_anyway_is_refused_as_ever(here):
    """RFC 9110 13.2.1: a condition is for what would be done without it."""
    made = here.post("/invitations", BO)
    one, seen = f"/invitations/{made.json['id']}", made.headers["ETag"]
    here.call("PATCH", one, {"role": "manager"})
    assert here.call("PATCH", one, {"expiry_days": 2}, If_Match=seen).status_code == 422
    here.post(f"{one}/revoke")
    assert here.call("PATCH", one, {"name": "Bo"}, If_Match=seen).status_code == 422


def test_what_is_known_already_is_not_sent_again(here, app):
    made = here.post("/invitations", BO)
    with app.app_context():
        member = f"/members/{cast.member(cast.CHEN).id}"
    for at in (*addresses(made.json["id"]), member):
        mark = here.get(at).headers["ETag"]
        for wanted in (mark, f"W/{mark}", f'"x", {mark}', f'{mark[:-1]}:br"', "*"):
            answer = here.get(at, If_None_Match=wanted)
            assert (answer.status_code, answer.data) == (304, b"")
            assert answer.headers["ETag"] == mark
        other = here.get(at, If_None_Match='"x"')
        assert (other.status_code, other.json["id"]) == (200, here.get(at).json["id"])
    here.call("PATCH", f"/invitations/{made.json['id']}", {"name": "Bo"})
    newer = here.get(addresses(made.json["id"])[0], If_None_Match=made.headers["ETag"])
    assert (newer.status_code, newer.json["name"]) == (200, "Bo")


def test_the_mark_of_a_packed_answer_is_good_too(here):
    message = "Come in, and bring your friends. " * 25
    made = here.post("/invitations", {**BO, "message": message})
    one = f"/invitations/{made.json['id']}"
    packing = {**here.headers, "Accept-Encoding": "gzip"}
    packed = here.client.get(f"/api/v1{one}", headers=packing).headers["ETag"]
    assert packed != made.headers["ETag"]
    assert here.get(one, Accept_Encoding="gzip", If_None_Match=packed).status_code == 304
    assert here.call("PATCH", one, {"name": "Bo"}, If_Match=packed).status_code == 200
    refused(here.call("PATCH", one, {"name": "Jo"}, If_Match=packed))


@pytest.mark.both_databases
@pytest.mark.parametrize("what", ["invitation", "member"])
def test_who_comes_while_the_first_is_at_it_waits_and_is_refused(program, app, monkeypatch, what):
    first = program()
    other = program(first.headers["Authorization"].partition(" ")[2])
    if what == "invitation":
        at, wishes = (
            f"/invitations/{first.post('/invitations', BO).json['id']}",
            ("name", "Bo", "Jo"),
        )
    else:
        with app.app_context():
            at = f"/members/{cast.member(cast.CHEN).id}"
        wishes = ("role", "manager", "admin")
    field, mine, yours = wishes
    seen, answers, came_to = first.get(at).headers["ETag"], [], []

    def change():
        answers.append(other.call("PATCH", at, {field: yours}, If_Match=seen))

    with app.app_context():
        somebody = Somebody(Queue(app, monkeypatch), change)
        once(
            *(monkeypatch, versions, "refuse_changed"),
            lambda: came_to.append(somebody.comes_to()),
            after=True,
        )
    assert first.call("PATCH", at, {field: mine}, If_Match=seen).status_code == 200
    assert came_to == ["waits"]
    somebody.outcome()
    refused(answers[0])
    assert first.get(at).json[field] == mine


def test_the_document_says_so(here):
    paths = here.client.get("/api/v1/openapi.json").json["paths"]
    for path in ("/api/v1/invitations/{invitation_id}", "/api/v1/members/{membership_id}"):
        for method, header, status in (
            ("get", "If-None-Match", "304"),
            ("patch", "If-Match", "412"),
        ):
            operation = paths[path][method]
            assert header in [one["name"] for one in operation["parameters"]]
            assert status in operation["responses"]
            assert "ETag" in operation["responses"]["200"]["headers"]
