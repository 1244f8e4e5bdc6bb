"""Signing in and accepting by program: the rules of the pages."""

from __future__ import annotations

import pyotp
import pytest

from tests import cast
from webapp import clock
from webapp.db import db
from webapp.domain import invitations
from webapp.domain.accounts import second_factors, sessions
from webapp.domain.invitations import acceptances
from webapp.domain.members import leaving, roles
from webapp.domain.organizations import settings
from webapp.models import Event, Session


def typed(email=cast.PRIYA, password=cast.PASSWORD, **more):
    return {"email": email, "password": password, **more}


@pytest.fixture
def code_of_priya(app, travel):
    """A code of now for Priya, who has a second factor."""
    with app.app_context():
        offer = second_factors.offer(cast.person())
        second_factors.switch_on(
            cast.person(),
            offer.sealed,
            password=cast.PASSWORD,
            code=pyotp.TOTP(offer.secret).at(clock.now()),
        )
    travel(minutes=1)
    return lambda: pyotp.TOTP(offer.secret).at(clock.now())


def test_a_session_acts_in_the_organization_that_is_named(program):
    made = program(None).post("/sessions", typed(organization="acme"))
    assert (made.status_code, made.json["token_type"]) == (201, "bearer")
    me = program(made.json["access_token"]).get("/me").json
    assert (me["by"], me["membership"]["organization"]["slug"]) == ("session", "acme")
    assert me["scopes"] == [
        *("invitations:read", "invitations:write"),
        *("members:read", "members:write"),
        *("groups:read", "groups:write"),
        *("applications:write", "audit:read"),
    ]


def test_or_in_the_last_used(program):
    token = program(None).post("/sessions", typed(cast.EVE)).json["access_token"]
    assert program(token).get("/me").json["membership"]["organization"]["slug"] == "evil"


@pytest.mark.parametrize("named", [{"organization": "acme"}, {}])
def test_a_session_acts_in_no_other_organization_once_its_own_was_left(program, app, named):
    with app.app_context():
        acme, chen = cast.organization(), cast.person(cast.CHEN)
        acceptances.join(cast.mailed_token(cast.invited(cast.CHEN, slug="evil")), by=chen)
        sessions.start(chen, acme.id)  # the one used last
    made = program(None).post("/sessions", typed(cast.CHEN, **named)).json
    assert made["membership"]["organization"]["slug"] == "acme"
    with app.app_context():
        leaving.leave(cast.organization(), cast.member().id, by=cast.person(cast.CHEN))
    here = program(made["access_token"])
    assert here.get("/me").json["membership"] is None
    assert here.get("/members").status_code == 403
    anew = program(None).post("/sessions", typed(cast.CHEN)).json
    assert anew["membership"]["organization"]["slug"] == "evil"


@pytest.mark.both_databases
@pytest.mark.parametrize("slug", ["evil", "a\0"])
def test_an_organization_that_one_is_not_in_gives_no_session(program, app, slug):
    answer = program(None).post("/sessions", typed(organization=slug))
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "#/organization"
    with app.app_context():
        assert db.session.query(Session).filter_by(revoked_at=None).count() == 0


def test_signing_out_ends_the_token(program):
    here = program(program(None).post("/sessions", typed()).json["access_token"])
    assert here.call("DELETE", "/sessions/current").status_code == 204
    assert here.get("/me").status_code == 401


def test_wrong_and_unknown_look_alike(program, app):
    wrong = program(None).post("/sessions", typed(password="another gate of bars"))
    unknown = program(None).post("/sessions", typed("nobody@acme.example"))
    assert wrong.status_code == unknown.status_code == 401
    assert {**wrong.json, "instance": ""} == {**unknown.json, "instance": ""}
    with app.app_context():
        assert db.session.query(Event).filter_by(name="SignInFailed").count() == 2


def test_a_second_factor_is_asked_for_in_the_same_request(program, code_of_priya):
    here = program(None)
    needed = here.post("/sessions", typed())
    assert (needed.status_code, needed.json["type"][-20:]) == (401, "second-factor-needed")
    assert here.post("/sessions", typed(code="000000")).status_code == 401
    code = code_of_priya()
    assert here.post("/sessions", typed(code=code)).status_code == 201
    assert here.post("/sessions", typed(code=code)).status_code == 401


def test_where_a_second_factor_is_demanded_nobody_calls_without(program, app, code_of_priya):
    marco = program(program(None).post("/sessions", typed(cast.MARCO)).json["access_token"])
    assert marco.get("/members").status_code == 200
    with app.app_context():
        settings.change_team(
            cast.organization(), by=cast.person(), name="Acme", requires_second_factor=True
        )
    assert marco.get("/members").status_code == 403
    assert program().get("/members").status_code == 200


def test_guesses_are_slowed_over_pages_and_programs_together(program, browser):
    visitor, here = browser(), program(None)
    for number in range(5):
        visitor.sign_in(cast.PRIYA, f"a wrong gate {number}")
        assert here.post("/sessions", typed(password=f"wrong {number}")).status_code == 401
    answer = here.post("/sessions", typed())
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60 + 1
    visitor.sign_in(cast.PRIYA, cast.PASSWORD)
    assert visitor.status == 429


def test_calls_are_counted_for_each_key(program):
    first, other = program(), program(email=cast.EVE, slug="evil")
    left = [int(first.get("/me").headers["X-RateLimit-Remaining"]) for _ in range(2)]
    assert left == [599, 598]
    answer = other.get("/me")
    assert answer.headers["X-RateLimit-Remaining"] == "599"
    assert answer.headers["RateLimit-Policy"] == '"api";q=600;w=60'


def test_each_answer_says_how_many_calls_are_left_and_for_how_long(program, redis):
    here = program()
    answers = [here.get("/me") for _ in range(601)]
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert left == [*range(599, -1, -1), 0]
    assert [answer.status_code for answer in answers] == [200] * 600 + [429]
    last = here.get("/me")
    seconds = int(last.headers["Retry-After"])
    assert seconds == int(last.headers["X-RateLimit-Reset"])
    assert last.headers["RateLimit"] == f'"api";r=0;t={seconds}'
    stored = redis.client()
    lasting = {stored.ttl(key) for key in stored.keys("*api*")}
    assert lasting & {seconds, seconds - 1}, f"{seconds} s, while Redis keeps it for {lasting} s"


def test_a_changed_role_ends_the_token(program, app):
    chen = program(program(None).post("/sessions", typed(cast.CHEN)).json["access_token"])
    with app.app_context():
        roles.change_role(cast.organization(), cast.member().id, by=cast.person(), role="manager")
    assert chen.get("/me").status_code == 401


class TestALink:
    """Looked at and accepted by somebody's own page."""

    @pytest.fixture
    def token(self, app):
        with app.app_context():
            return cast.mailed_token(cast.invited(name="Bo"))

    def test_is_looked_at_without_a_key(self, program, token):
        seen = program(None).get(f"/invitations/validate?token={token}").json
        assert seen["organization"] == {"slug": "acme", "name": "Acme"}
        assert (seen["email"], seen["role"]) == ("bo@example.org", "contributor")
        assert (seen["valid"], seen["state"], seen["has_account"]) == (True, "pending", False)

    def test_says_how_it_ended(self, program, token, app):
        with app.app_context():
            invitations.revoke(cast.organization(), cast.invitation().id, by=cast.person())
        seen = program(None).get(f"/invitations/validate?token={token}")
        assert (seen.status_code, seen.json["state"], seen.json["valid"]) == (200, "revoked", False)
        answer = program(None).post("/invitations/accept", {"token": token, "password": "x"})
        assert (answer.status_code, answer.json["type"][-10:]) == (410, "link-ended")

    def test_once_ended_does_not_tell_whether_there_is_an_account(self, program, app):
        with app.app_context():
            made = cast.invited(cast.CHEN, slug="evil")
            token = cast.mailed_token(made)
            invitations.revoke(cast.organization("evil"), made.id, by=cast.person(cast.EVE))
        seen = program(None).get(f"/invitations/validate?token={token}").json
        assert (seen["state"], seen["has_account"]) == ("revoked", False)

    def test_makes_an_account_that_is_signed_in(self, program, token):
        made = program(None).post(
            "/invitations/accept",
            {"token": token, "full_name": "Bo Lind", "password": cast.PASSWORD, "username": "bo"},
        )
        assert made.status_code == 201
        assert made.json["user"]["username"] == "bo"
        assert made.json["membership"]["role"] == "contributor"
        members = program(made.json["access_token"]).get("/members").json["items"]
        assert "Bo Lind" in {row["full_name"] for row in members}
        assert {row["last_seen_at"] for row in members} == {None}

    def test_says_all_that_is_wrong_with_what_was_typed(self, program, token):
        answer = program(None).post(
            "/invitations/accept", {"token": token, "full_name": "", "password": "short"}
        )
        assert answer.status_code == 422
        assert [e["pointer"] for e in answer.json["errors"]] == ["#/full_name", "#/password"]

    def test_joins_with_the_password_of_the_account_there_is(self, program, app):
        with app.app_context():
            token = cast.mailed_token(cast.invited(cast.CHEN, slug="evil"))
        assert program(None).get(f"/invitations/validate?token={token}").json["has_account"]
        wrong = program(None).post("/invitations/accept", {"token": token, "password": "wrong"})
        assert wrong.json["errors"][0]["pointer"] == "#/password"
        made = program(None).post(
            "/invitations/accept", {"token": token, "password": cast.PASSWORD}
        )
        assert made.json["membership"]["organization"]["slug"] == "evil"


def test_signing_in_counts_as_activity_in_the_organization_that_is_named(program, app, travel):
    with app.app_context():
        before = cast.member(cast.PRIYA).last_seen_at
    travel(minutes=6)
    program(None).post("/sessions", typed(organization="acme")).close()
    with app.app_context():
        assert cast.member(cast.PRIYA).last_seen_at > before
