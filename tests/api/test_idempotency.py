"""A request that is repeated has one effect, and one answer."""

from __future__ import annotations

import json
import threading

import pytest

from tests import cast
from tests.api.conftest import Program
from webapp.db import db
from webapp.domain.accounts import api_keys, idempotency
from webapp.domain.operations import sweeps
from webapp.models import Event, IdempotentRequest, Invitation

BO = {"email": "bo@example.org", "role": "contributor"}


def invited(app):
    with app.app_context():
        return db.session.query(Invitation).filter_by(state="pending").count()


@pytest.mark.both_databases
def test_the_same_request_gets_the_same_answer_and_is_done_once(program, app):
    here = program()
    first = here.post("/invitations", BO, Idempotency_Key='"a1"')
    again = here.post("/invitations", BO, Idempotency_Key="a1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert invited(app) == 1


def test_another_body_or_address_with_the_same_key_is_refused(program, app):
    here = program()
    made = here.post("/invitations", BO, Idempotency_Key="a1").json["id"]
    for path, body in (
        ("/invitations", {**BO, "role": "manager"}),
        (f"/invitations/{made}/revoke", None),
    ):
        answer = here.post(path, body, Idempotency_Key="a1")
        assert answer.status_code == 422
        assert answer.json["type"].endswith("#problem-other-request")
    assert invited(app) == 1


def test_keys_of_different_callers_have_nothing_to_do_with_each_other(program):
    here, eve = program(), program(email=cast.EVE, slug="evil")
    first = here.post("/invitations", BO, Idempotency_Key="1").json
    other = eve.post("/invitations", BO, Idempotency_Key="1").json
    assert first["id"] != other["id"]
    assert other["invited_by"] == "Eve Moran"


def test_what_was_refused_is_asked_again(program):
    here = program()
    number = here.post("/invitations", BO).json["id"]
    assert here.post("/invitations", BO, Idempotency_Key="a1").status_code == 422
    here.post(f"/invitations/{number}/revoke")
    assert here.post("/invitations", BO, Idempotency_Key="a1").status_code == 201


@pytest.mark.both_databases
def test_of_many_at_the_same_moment_one_is_done(program, app):
    token = program().headers["Authorization"].partition(" ")[2]
    callers = [program(token) for _ in range(6)]
    start, answers = threading.Barrier(6), []

    def press(here):
        start.wait()
        answers.append(here.post("/invitations", BO, Idempotency_Key="race"))

    threads = [threading.Thread(target=press, args=(here,)) for here in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json["id"] for answer in answers if answer.status_code == 201}) == 1
    assert all(a.headers["Retry-After"] == "1" for a in answers if a.status_code == 409)
    with app.app_context():
        assert db.session.query(Event).filter_by(name="InvitationCreated").count() == 3 + 2
    assert invited(app) == 1


def test_a_request_under_way_is_told_so_and_taken_up_when_its_process_died(program, app, travel):
    here = program()
    with app.app_context():
        sent = b"\n".join([b"POST", b"/api/v1/invitations?", json.dumps(BO).encode()])
        assert idempotency.begin("key 1", "a1", sent)
    answer = here.client.post(
        "/api/v1/invitations",
        data=json.dumps(BO),
        headers={**here.headers, "Idempotency-Key": "a1", "Content-Type": "application/json"},
    )
    assert here.judged(answer).status_code == 409
    travel(minutes=3)
    answer = here.client.post(
        "/api/v1/invitations",
        data=json.dumps(BO),
        headers={**here.headers, "Idempotency-Key": "a1", "Content-Type": "application/json"},
    )
    assert here.judged(answer).status_code == 201


def test_answers_are_forgotten_after_a_day(program, app, travel):
    here = program()
    here.post("/invitations", BO, Idempotency_Key="a1")
    travel(hours=25)
    with app.app_context():
        assert sweeps.tidy() >= 1
        assert db.session.query(IdempotentRequest).count() == 0


def test_a_key_that_was_not_swept_yet_begins_anew_after_a_day(program, travel):
    here = program()
    here.post("/invitations", BO, Idempotency_Key="a1")
    travel(hours=25)
    other = {**BO, "email": "jo@example.org"}
    assert here.post("/invitations", other, Idempotency_Key="a1").json["email"] == "jo@example.org"


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "tab\tbed", "a b", "é"])
def test_what_is_no_key_is_refused(program, key, app):
    answer = program().post("/invitations", BO, Idempotency_Key=key)
    assert answer.status_code == 400
    assert answer.json["type"].endswith("#problem-idempotency-key-unreadable")
    assert invited(app) == 0


def test_an_account_is_made_once_and_its_token_said_twice(program, app):
    with app.app_context():
        token = cast.mailed_token(cast.invited())
    typed = {"token": token, "full_name": "Bo Lind", "password": cast.PASSWORD}
    first = program(None).post("/invitations/accept", typed, Idempotency_Key="a1")
    again = program(None).post("/invitations/accept", typed, Idempotency_Key="a1")
    assert first.status_code == again.status_code == 201
    assert first.json["access_token"] == again.json["access_token"]
    assert program(first.json["access_token"]).get("/me").json["user"]["full_name"] == "Bo Lind"


def test_a_revoked_key_gets_no_answer_of_before(program, app):
    here = program()
    here.post("/invitations", BO, Idempotency_Key="a1")
    with app.app_context():
        api_keys.revoke(cast.organization(), 1, by=cast.person())
    assert here.post("/invitations", BO, Idempotency_Key="a1").status_code == 401


def test_whoever_knows_the_key_of_a_sign_in_cannot_try_passwords_with_it(program):
    priya = {"email": cast.PRIYA, "password": cast.PASSWORD}
    assert program(None).post("/sessions", priya, Idempotency_Key="a1").status_code == 201
    for number in range(10):
        guess = {**priya, "password": f"not-it-{number}"}
        assert program(None).post("/sessions", guess, Idempotency_Key="a1").status_code == 422
    assert program(None).post("/sessions", priya, Idempotency_Key="a1").status_code == 429
    assert program(None).post("/sessions", priya).status_code == 201


def test_a_request_with_a_key_tells_how_many_calls_are_left_like_any_other(program):
    here = program()
    first = here.post("/invitations", BO, Idempotency_Key="a1")
    again = here.post("/invitations", BO, Idempotency_Key="a1")
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in (first, again)]
    assert left == [599, 598]


def test_whoever_is_known_may_mistake_a_key_as_often_as_the_limit_of_calls_allows(program):
    here = program()
    here.post("/invitations", BO, Idempotency_Key="a1")
    for number in range(12):
        other = {**BO, "email": f"jo{number}@example.org"}
        assert here.post("/invitations", other, Idempotency_Key="a1").status_code == 422


def test_what_was_answered_under_a_secret_key_that_is_gone_is_not_done_again(
    program, make_app, secrets, app
):
    here = program()
    here.post("/invitations", BO, Idempotency_Key="a1")
    later = make_app(SECRET_KEY="another-key-of-the-tests-0123456789")
    there = Program(later, secrets, here.headers["Authorization"].split()[1])
    answer = there.post("/invitations", BO, Idempotency_Key="a1")
    assert answer.status_code == 422
    assert invited(app) == 1
