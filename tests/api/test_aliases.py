"""The addresses by which integrators know the calls, with the requests and answers they know."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.web.api.aliases import ALIASES, BY_ADDRESS

ORGS = "/api/organizations/invitations"
BO = {"email": "bo@example.org", "role": "contributor"}


def both(path):
    return (path, f"{path}/")


def test_each_address_stands_once_in_the_table(app):
    assert len(BY_ADDRESS) == len(ALIASES)
    rules = {(m, rule.rule) for rule in app.url_map.iter_rules() for m in rule.methods}
    assert {(row.method, path) for row in ALIASES for path in both(row.path)} <= rules


@pytest.mark.parametrize("path", [*both(f"{ORGS}/send"), *both("/api/v1/admin/users/invite")])
def test_inviting_answers_with_message_token_and_link(program, path):
    made = program().post(path, {**BO, "full_name": "Bo Lind", "team": 7})
    assert made.status_code == 201
    assert made.json["message"] == "Invitation sent to bo@example.org."
    assert made.json["invite_link"].endswith(f"/register?token={made.json['token']}")
    assert (made.json["email"], made.json["name"]) == ("bo@example.org", "Bo Lind")


def test_what_is_wrong_is_told_as_everywhere(program):
    answer = program().post(f"{ORGS}/send/", {"email": "bo@example.org"})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "#/role"


@pytest.mark.parametrize("path", [f"{ORGS}/{{token}}/accept/", "/api/v1/users/accept-invite"])
def test_accepting_answers_with_a_token_and_the_user(program, app, path):
    with app.app_context():
        token = cast.mailed_token(cast.invited())
    typed = {"username": "bo", "password": cast.PASSWORD, "full_name": "Bo Lind"}
    if "{token}" not in path:
        typed["token"] = token
    made = program(None).post(path.format(token=token), {**typed, "password2": cast.PASSWORD})
    assert made.status_code == 201
    assert (made.json["user"]["username"], made.json["user"]["full_name"]) == ("bo", "Bo Lind")
    assert made.json["message"] == "Welcome to Acme."
    assert program(made.json["access_token"]).get("/me").status_code == 200


def test_a_link_is_looked_at_by_its_token_in_the_address(program, app):
    with app.app_context():
        token = cast.mailed_token(cast.invited())
    for path in both(f"{ORGS}/{token}"):
        assert program(None).get(path).json["email"] == "bo@example.org"
    assert program(None).get(f"{ORGS}/nonsense/").status_code == 404
    assert program(None).get(f"/api/invitations/validate?token={token}").json["valid"]


def test_the_list_and_its_links_stay_at_their_address(program, app):
    with app.app_context():
        for number in range(2):
            cast.invited(f"guest{number}@example.org", send=False)
    for path in (*both(ORGS), *both("/api/invitations")):
        page = program().get(f"{path}?limit=1")
        assert page.json["items"][0]["email"] == "guest1@example.org"
        assert page.headers["Link"].startswith(f"<http://gatehouse.test{path}?limit=1&cursor=")


def test_revoking_by_delete(program):
    here = program()
    made = here.post(f"{ORGS}/send/", BO).json
    answer = here.call("DELETE", f"{ORGS}/{made['id']}/revoke/")
    assert answer.status_code == 200
    assert "revoked" in answer.json["message"]
    assert answer.json["invitation"]["state"] == "revoked"
    assert here.call("DELETE", f"{ORGS}/999999/revoke/").status_code == 404


def test_the_short_addresses_are_the_same_calls(program):
    here = program()
    made = here.post("/api/invitations", BO)
    assert (made.status_code, made.json["message"]) == (201, None)
    one = f"/api/invitations/{made.json['id']}"
    assert here.get(one).json["email"] == "bo@example.org"
    assert here.call("PATCH", one, {"role": "manager"}).json["role"] == "manager"
    assert here.post(f"{one}/resend").status_code == 200
    assert here.post(f"{one}/revoke").json["state"] == "revoked"
    many = here.post("/api/invitations/bulk", {"invitations": [{**BO, "email": "jo@example.org"}]})
    assert (many.status_code, many.json["invited"]) == (207, 1)


@pytest.mark.parametrize("at", ["", "/api", "/api/v1"])
def test_users_are_members(program, app, at):
    here = program()
    people = {row["email"]: row for row in here.get(f"{at}/users").json["items"]}
    assert people[cast.CHEN]["role"] == "contributor"
    chen = people[cast.CHEN]["id"]
    changed = here.call("PATCH", f"{at}/users/{chen}/roles/manager")
    assert (changed.status_code, changed.json["role"]) == (200, "manager")
    assert here.call("PATCH", f"{at}/users/{chen}/roles/owner").status_code == 422
    with app.app_context():
        number = cast.invited().id
    again = here.post(f"{at}/users/{number}/resend-invitation")
    assert (again.status_code, again.json["invitation"]["id"]) == (200, number)
    assert "new link" in again.json["message"]


def test_a_repeated_request_is_answered_in_the_same_words(program):
    here = program()
    first = here.post(f"{ORGS}/send/", BO, Idempotency_Key="a1")
    again = here.post(f"{ORGS}/send/", BO, Idempotency_Key="a1")
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_key_without_the_scope_gains_nothing_by_another_address(program):
    reader = program(scopes=["invitations:read"])
    assert reader.post(f"{ORGS}/send/", BO).status_code == 403
    assert program(None).get("/users").status_code == 401
