"""Inviting people by program."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.together import at_once
from webapp.db import db
from webapp.domain import outbox
from webapp.models import Delivery, Event, Invitation

BO = {"email": "bo@example.org", "role": "contributor"}


def test_inviting_answers_with_the_invitation_and_its_link(program, app, smtp):
    made = program().post("/invitations", {**BO, "name": "Bo", "message": "Come in."})
    assert made.status_code == 201
    assert made.json["state"] == made.json["status"] == "pending"
    assert made.json["link"].startswith("http://gatehouse.test/register?token=")
    assert made.json["invited_by"] == "Priya Shah"
    with app.app_context():
        outbox.drain()
    assert ["bo@example.org"] in [mail.rcpt_to for mail in smtp.messages]


def test_without_mail_there_is_only_the_link_which_proves_no_mailbox(program, app):
    made = program().post("/invitations", {**BO, "send_email": False})
    assert made.json["delivery"] is None
    with app.app_context():
        assert db.session.query(Delivery).filter_by(recipient=BO["email"]).count() == 0
    token = made.json["link"].partition("token=")[2]
    joined = program(None).post(
        "/invitations/accept", {"token": token, "full_name": "Bo", "password": cast.PASSWORD}
    )
    assert joined.json["user"]["verified"] is False


def test_an_open_invitation_is_refused_with_its_id(program):
    here = program()
    first = here.post("/invitations", BO).json["id"]
    again = here.post("/invitations", {**BO, "email": "BO@example.org"})
    assert again.status_code == 422
    assert again.json["type"].endswith("#problem-refused")
    assert again.json["invitation_id"] == first
    assert again.json["errors"][0]["pointer"] == "#/email"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"role": "contributor"}, "#/email"),
        ({**BO, "role": "owner"}, "#/role"),
        ({**BO, "expiry_days": "7"}, "#/expiry_days"),
        ({**BO, "expiry_days": 2}, "#/expiry_days"),
        ({**BO, "expiry_days": True}, "#/expiry_days"),
        ({**BO, "send_email": "yes"}, "#/send_email"),
        ({**BO, "name": "x" * 101}, "#/name"),
        ({**BO, "message": "nul\0"}, "#/message"),
        ({**BO, "email": "bo"}, "#/email"),
        ({**BO, "expiry": 7}, "#/expiry"),
        ({**BO, "a/b~c": 7}, "#/a~1b~0c"),
    ],
)
def test_what_is_wrong_is_pointed_at(program, body, pointer, app):
    answer = program().post("/invitations", body)
    assert answer.status_code == 422
    assert pointer in [one["pointer"] for one in answer.json["errors"]]
    with app.app_context():
        assert db.session.query(Invitation).filter_by(state="pending").count() == 0


def test_a_list_is_read_page_by_page_along_its_links(program, app):
    with app.app_context():
        for number in range(5):
            cast.invited(f"guest{number}@example.org", send=False)
    here, path, seen = program(), "/invitations?status=pending&sort=email&limit=2", []
    while path:
        page = here.get(path)
        seen += [row["email"] for row in page.json["items"]]
        links = dict(reversed(part.split("; ")) for part in page.headers["Link"].split(", "))
        path = links.get('rel="next"', "").strip("<>").removeprefix("http://gatehouse.test")
        assert (page.json["next"] is None) == (not path)
    assert seen == [f"guest{number}@example.org" for number in range(5)]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "status=nope", "sort=nope", "cursor=nope"]
)
def test_a_list_says_which_wish_it_does_not_know(program, query):
    answer = program().get(f"/invitations?{query}")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["parameter"] == query.partition("=")[0]


def test_a_cursor_of_another_order_is_refused(program, app):
    with app.app_context():
        for number in range(3):
            cast.invited(f"guest{number}@example.org", send=False)
    here = program()
    cursor = here.get("/invitations?limit=1").json["next"]
    assert here.get(f"/invitations?sort=email&cursor={cursor}").status_code == 422


def test_an_invitation_is_changed_resent_and_revoked(program, app):
    here = program()
    number = here.post("/invitations", {**BO, "name": "Bo"}).json["id"]
    changed = here.call("PATCH", f"/invitations/{number}", {"role": "manager"}).json
    assert (changed["role"], changed["name"]) == ("manager", "Bo")
    assert here.call("PATCH", f"/invitations/{number}", {"name": None}).json["name"] is None
    assert here.post(f"/invitations/{number}/resend").status_code == 200
    assert here.post(f"/invitations/{number}/resend").status_code == 429
    assert here.post(f"/invitations/{number}/revoke").json["state"] == "revoked"
    assert here.get(f"/invitations/{number}").json["state"] == "revoked"
    with app.app_context():
        events = db.session.query(Event).filter_by(invitation_id=number).order_by(Event.id)
        assert [event.name for event in events] == [
            *("InvitationCreated", "InvitationEdited", "InvitationEdited"),
            *("InvitationResent", "InvitationRevoked"),
        ]
        assert {event.actor_id for event in events} == {cast.person().id}


@pytest.mark.both_databases
def test_two_who_change_different_things_at_once_both_have_their_way(program, app):
    here = program()
    number = here.post("/invitations", BO).json["id"]
    token = here.headers["Authorization"].partition(" ")[2]
    wishes = ({"role": "manager"}, {"name": "Bo"}, {"message": "Come in."}, {"expiry_days": 30})
    callers = [program(token) for _ in wishes]
    with app.app_context():
        at_once(app, lambda n: callers[n].call("PATCH", f"/invitations/{number}", wishes[n]), 4)
    found = here.get(f"/invitations/{number}").json
    assert [{name: found[name] for name in wish} for wish in wishes] == [*wishes]


@pytest.mark.parametrize("number", ["0", "999999", "9" * 30, "abc", "1e5"])
def test_what_is_not_there_is_not_found(program, number):
    assert program().get(f"/invitations/{number}").status_code == 404


@pytest.mark.both_databases
def test_many_at_once_get_a_result_each(program, app):
    with app.app_context():
        known = cast.invited("known@example.org").id
    people = [
        {"email": "a@example.org", "role": "contributor"},
        {"email": "not an address", "role": "contributor"},
        {"email": "A@example.org", "role": "manager"},
        {"email": cast.CHEN, "role": "contributor"},
        {"email": "known@example.org", "role": "contributor"},
        {"email": "b@example.org", "role": "owner"},
        {"email": "c@example.org", "role": "manager", "send_email": False, "expiry_days": 3},
        {"role": "manager"},
    ]
    answer = program().post("/invitations/bulk", {"invitations": people})
    assert answer.status_code == 207
    results = answer.json["results"]
    assert [one["status"] for one in results] == [201, 422, 422, 422, 422, 422, 201, 422]
    assert (answer.json["invited"], answer.json["refused"]) == (2, 6)
    assert [one["email"] for one in results] == [one.get("email") for one in people]
    assert results[6]["invitation"]["delivery"] is None
    assert results[0]["invitation"]["link"] != results[6]["invitation"]["link"]
    assert results[4]["problem"]["invitation_id"] == known
    assert results[5]["problem"]["errors"][0]["pointer"] == "#/role"


def test_a_thousand_are_sent_in_one_call_and_the_days_share_is_invited(program):
    here = program()
    people = [{"email": f"p{n}@example.org", "role": "contributor"} for n in range(1001)]
    assert here.post("/invitations/bulk", {"invitations": people}).status_code == 422
    answer = here.post("/invitations/bulk", {"invitations": people[:1000]})
    assert (answer.status_code, answer.json["invited"]) == (207, 498)  # two are in the cast
    assert "500 invitations today" in answer.json["results"][999]["problem"]["detail"]


def test_a_body_of_many_is_large_and_others_are_small(program):
    here = program()
    words = {"email": "x", "role": "contributor", "message": "m" * 1000}
    many = [words] * 900
    assert here.post("/invitations/bulk", {"invitations": many}).status_code == 207
    assert here.post("/invitations", {**BO, "message": "m" * 300_000}).status_code == 413
    big = {"invitations": [{**words, "message": "m" * 9_000_000}]}
    assert here.post("/invitations/bulk", big).status_code == 413


def test_a_program_says_which_language_the_invited_person_reads(program, app, smtp):
    priya = program()
    invite = {"email": "bo@example.org", "role": "admin"}
    made = priya.post("/invitations", {**invite, "language": "ar"}).json
    assert made["language"] == "ar"
    edited = priya.call("PATCH", f"/invitations/{made['id']}", {"language": "de"})
    assert edited.json["language"] == "de"
    with app.app_context():
        outbox.drain()
    assert smtp.messages[-1].message["Content-Language"] == "de"
    other = {**invite, "email": "jo@example.org"}
    assert priya.post("/invitations", {**other, "language": "xx"}).status_code == 422
    both = [{**other, "language": "xx"}, {**invite, "email": "mi@example.org", "language": "de"}]
    results = priya.post("/invitations/bulk", {"invitations": both}).json["results"]
    assert [result["status"] for result in results] == [422, 201]
