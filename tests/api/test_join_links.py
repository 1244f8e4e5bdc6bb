"""Join links by program."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.db import db
from webapp.domain import outbox
from webapp.domain.accounts import api_keys
from webapp.domain.links import answers, asks
from webapp.models import JoinLink

COURSE = {"label": "Course", "role": "contributor", "most_uses": 20, "expiry_days": 14}
BO = "bo@example.org"


def made(program, secrets, **more):
    answer = program.post("/links", {**COURSE, **more})
    assert answer.status_code == 201, answer.text
    secrets.learn(answer.json["code"])
    return answer.json


def test_a_link_is_made_and_used(program, app, secrets, smtp):
    with app.app_context():
        cast.group("field")
    link = made(
        program(), secrets, groups=["field"], domains=["example.org", "b.example"], access_days=30
    )
    assert link["link"] == f"http://gatehouse.test/join/{link['code']}"
    assert link["groups"] == ["field"]
    assert link["domains"] == ["example.org", "b.example"]
    assert (link["state"], link["used"], link["accepted"]) == ("active", 0, 0)
    assert (link["access_days"], link["created_by"]) == (30, "Priya Shah")
    with app.app_context():
        asks.ask(link["code"], email=BO)
        outbox.drain()
    (listed,) = program().get("/links").json["items"]
    assert listed == {**link, "used": 1}


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"role": "admin"}, "role"),
        ({"most_uses": 501}, "most_uses"),
        ({"most_uses": "20"}, "most_uses"),
        ({"expiry_days": 91}, "expiry_days"),
        ({"access_days": 0}, "access_days"),
        ({"label": ""}, "label"),
        ({"label": None}, "label"),
        ({"domains": ["no domain"]}, "domains"),
        ({"domains": "example.org"}, "domains"),
        ({"groups": ["nowhere"]}, "groups"),
        ({"approval": "yes"}, "approval"),
    ],
    ids=str,
)
def test_what_no_link_may_offer_is_refused_with_its_field(program, app, wish, field):
    answer = program().post("/links", {**COURSE, **wish})
    assert answer.status_code == 422
    assert any(field in error["pointer"] for error in answer.json["errors"])
    with app.app_context():
        assert db.session.query(JoinLink).count() == 0


def test_a_link_is_paused_resumed_and_revoked(program, app, secrets):
    here = program()
    link = made(here, secrets)
    at = f"/links/{link['id']}"
    assert [here.post(f"{at}/pause").json["state"] for _ in range(2)] == ["paused"] * 2
    assert [here.post(f"{at}/resume").json["state"] for _ in range(2)] == ["active"] * 2
    with app.app_context():
        asks.ask(link["code"], email=BO)
        answers.answer_asks()
    assert here.post(f"{at}/revoke", {"open_invitations": "burn"}).status_code == 422
    assert here.post(f"{at}/revoke", {"open_invitations": "revoke"}).json["state"] == "revoked"
    assert here.post(f"{at}/revoke").json["state"] == "revoked"
    assert here.post(f"{at}/resume").status_code == 422
    with app.app_context():
        assert cast.invitation(BO).state == "revoked"


def test_links_come_page_by_page_newest_first(program, app, secrets):
    here = program()
    with app.app_context():
        for number in range(5):
            cast.join_link(f"Link {number}")
    labels, cursor = [], ""
    while cursor is not None:
        page = here.get(f"/links?limit=2&cursor={cursor}" if cursor else "/links?limit=2").json
        labels += [link["label"] for link in page["items"]]
        cursor = page["next"]
    assert labels == [f"Link {number}" for number in (4, 3, 2, 1, 0)]
    assert here.get("/links?cursor=nonsense").status_code == 422


def test_reading_links_takes_the_permission_to_invite(program, app, secrets):
    with app.app_context():
        acme, priya = cast.organization(), cast.person()
        scopes = ["invitations:read"]
        _, token = api_keys.create(acme, by=priya, name="Reader", scopes=scopes, days=30)
    secrets.learn(token)
    assert program(token).get("/links").status_code == 403


def test_a_link_made_twice_with_one_key_is_made_once(program, app, secrets):
    here = program()
    for _ in range(2):
        answer = here.post("/links", COURSE, Idempotency_Key="course-1")
        assert answer.status_code == 201
        secrets.learn(answer.json["code"])
    with app.app_context():
        assert db.session.query(JoinLink).count() == 1


def test_invitations_and_the_report_are_filtered_by_link(program, app, secrets, smtp):
    link = made(program(), secrets)
    with app.app_context():
        cast.invited("jo@example.org")
        asks.ask(link["code"], email=BO)
        answers.answer_asks()
    (listed,) = program().get(f"/invitations?link={link['id']}").json["items"]
    assert listed["email"] == BO
    report = program().get(f"/reports/invitations?link={link['id']}").json
    assert report["total"]["invited"] == 1
    assert [(line["key"], line["name"]) for line in report["links"]] == [
        (str(link["id"]), "Course")
    ]


@pytest.mark.parametrize("path", ["/invitations", "/reports/invitations"])
@pytest.mark.parametrize("number", ["999999", "0", "x", "9" * 30, "evil"])
def test_a_list_by_a_link_that_there_is_not_is_refused(program, app, path, number):
    if number == "evil":
        with app.app_context():
            number = cast.join_link(slug="evil").id
    answer = program().get(f"{path}?link={number}")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["parameter"] == "link"
