"""What is sent is read as it was meant, or refused: at every address of every call."""

from __future__ import annotations

import json
import re

import pytest

from tests import cast
from tests.api.test_access import CALLS
from webapp.db import db
from webapp.models import Event

ORGS = "/api/organizations/invitations"
BO = {"email": "bo@example.org", "role": "contributor"}
ADDRESSED = {
    "invitation_id": "{id}",
    "membership_id": "{member}",
    "link_id": "{link}",
    "group": "{group}",
    "application": "{application}",
    "token": "x",
    "role": "manager",
}


@pytest.fixture
def routes(app):
    """Each address of each call: its method, path and what is sent there."""
    with app.app_context():
        facts = {"id": cast.invited(send=False).id, "member": cast.member(cast.CHEN).id}
        facts["link"] = cast.join_link().id
        facts["group"] = cast.group("of-acme").slug
        facts["application"] = cast.application().slug
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in CALLS:
            continue
        method, main, body, _ = CALLS[rule.endpoint]
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: ADDRESSED[name[1]], rule.rule)
        if "validate" in rule.rule:
            path += "?" + main.partition("?")[2]
        methods = rule.methods - {"HEAD", "OPTIONS"}
        assert len(methods) == 1
        found.append((*methods, path.format(**facts), None if method == "GET" else body))
    assert len(found) > 60
    return found


def kind(answer):
    return answer.json["type"].rpartition("#problem-")[2]


def written(app):
    with app.app_context():
        return db.session.query(Event).count()


def more(path, query):
    return f"{path}{'&' if '?' in path else '?'}{query}"


def test_a_parameter_that_is_not_known_is_refused_by_its_name(routes, program, app):
    here, before = program(), written(app)
    for method, path, body in routes:
        answer = here.call(method, more(path, "state=accepted"), body)
        assert (path, answer.status_code, kind(answer)) == (path, 422, "invalid")
        assert answer.json["errors"][0]["parameter"] == "state"
    assert written(app) == before


def test_a_parameter_that_is_sent_twice_is_refused_by_its_name(routes, program, app):
    here, before = program(), written(app)
    for method, path, body in routes:
        for query in ("limit=1&limit=2", "status=active&status=active", "token=x&token=x"):
            answer = here.call(method, more(path, query), body)
            name = query.partition("=")[0]
            assert (path, answer.status_code, kind(answer)) == (path, 422, "invalid")
            assert name in [one["parameter"] for one in answer.json["errors"]]
    assert written(app) == before


def test_a_body_that_names_something_twice_is_refused(routes, program, app):
    here, before = program(), written(app)
    for method, path, _ in routes:
        for raw in (b'{"role": "manager", "role": "admin"}', b'{"x": [{"a": {}, "a": {}}]}'):
            answer = here.judged(
                here.client.open(
                    *(path,), method=method, data=raw, content_type="application/json",
                    headers=here.headers,
                )
            )  # fmt: skip
            assert (path, answer.status_code, kind(answer)) == (path, 400, "unreadable")
            assert "more than once" in answer.json["detail"]
    assert written(app) == before


def test_a_query_that_contradicts_the_body_is_refused(routes, program, app):
    """The limits or a log could have read the one, and the call the other."""
    here, before = program(), written(app)
    for method, path, body in routes:
        for name in body or ():
            answer = here.call(method, more(path, f"{name}=other"), body)
            assert (path, answer.status_code, kind(answer)) == (path, 400, "contradiction")
            assert name in answer.json["detail"]
    assert written(app) == before


def test_a_body_that_contradicts_the_address_is_refused(routes, program, app):
    here, before = program(), written(app)
    for method, path, body in routes:
        own = {"role": "admin"} if "/roles/" in path else {"token": "y"} if "/x" in path else {}
        if re.search(r"/\d+", path):
            own = {**own, "id": 999_999}
        for name, value in own.items():
            answer = here.call(method, path, {**(body or {}), name: value})
            assert (path, answer.status_code, kind(answer)) == (path, 400, "contradiction")
    assert written(app) == before


def test_a_body_is_refused_where_none_is_taken(program, app):
    with app.app_context():
        one = f"/invitations/{cast.invited(send=False).id}"
    here = program()
    for method, path in (("POST", f"{one}/resend"), ("POST", f"{one}/revoke"), ("GET", one)):
        answer = here.call(method, path, {"expiry_days": 3})
        assert (answer.status_code, kind(answer)) == (422, "invalid")
        assert answer.json["errors"][0]["pointer"] == "#/expiry_days"
    # Other systems send what they like; what has no meaning here is left out there.
    assert here.call("DELETE", f"/api/organizations{one}/revoke", {"why": "x"}).status_code == 200


def test_the_token_in_the_address_is_the_only_one(program, app):
    with app.app_context():
        token = cast.mailed_token(cast.invited())
        other = cast.mailed_token(cast.invited("jo@example.org"))
    typed = {"full_name": "Bo Lind", "password": cast.PASSWORD}
    nobody = program(None)
    for path, body in (
        (f"{ORGS}/{token}/accept/", {**typed, "token": other}),
        (f"{ORGS}/{token}/accept/?token={other}", typed),
        (f"/invitations/accept?token={token}", {**typed, "token": other}),
        (f"/api/v1/users/accept-invite?token={token}", {**typed, "token": other}),
    ):
        answer = nobody.post(path, body)
        assert (answer.status_code, kind(answer)) == (400, "contradiction")
        assert token not in answer.text
        assert other not in answer.text
    assert nobody.get(f"{ORGS}/{token}/?token={other}").status_code == 400
    same = nobody.post(f"{ORGS}/{token}/accept/", {**typed, "token": token})
    assert same.status_code == 201


def test_the_same_by_two_names_is_taken_once_and_two_things_are_refused(program):
    here = program()
    answer = here.post(f"{ORGS}/send/", {**BO, "name": "Bo", "full_name": "Jo"})
    assert (answer.status_code, kind(answer)) == (400, "contradiction")
    answer = here.post(f"{ORGS}/send/", {**BO, "expiry_days": 3, "expiryDays": 7})
    assert (answer.status_code, kind(answer)) == (400, "contradiction")
    answer = here.post(f"{ORGS}/send/", {**BO, "name": "Bo", "full_name": "Bo"})
    assert (answer.status_code, answer.json["name"]) == (201, "Bo")


def test_whoever_sends_too_many_names_hears_what_was_meant(program):
    answer = program().get("/invitations?state=accepted")
    assert "status" in answer.json["detail"]
    body = json.dumps(BO)[:-1] + ', "email": "jo@example.org"}'
    here = program()
    answer = here.client.post(
        "/api/v1/invitations", data=body, content_type="application/json", headers=here.headers
    )
    assert "'email'" in here.judged(answer).json["detail"]
