"""What programs meet of requests: approval of join links, and second admins."""

from __future__ import annotations

from tests import cast
from tests.api.test_join_links import COURSE, made
from tests.domain.requests.test_requests import change_settings, make_admin
from webapp.domain.links import answers, asks

BO = "bo@example.org"


def test_a_link_with_approval_makes_requests(program, app, secrets):
    link = made(program(), secrets, approval=True)
    assert link["approval"] is True
    with app.app_context():
        asks.ask(link["code"], email=BO)
        answers.answer_asks()
        assert cast.invitation(BO) is None
    (listed,) = program().get("/links").json["items"]
    assert listed["used"] == 1


def test_a_link_has_no_approval_unless_it_is_asked_for(program, secrets):
    assert made(program(), secrets)["approval"] is False
    assert COURSE.get("approval") is None


def test_a_program_makes_nobody_an_admin_alone_and_is_told_what_to_do(program, app):
    with app.app_context():
        make_admin()
        change_settings(needs_second_admin=True)
        member_id = cast.member().id
        invited = cast.invited().id
    calls = {
        "invite": program().post("/invitations", {"email": "new@example.org", "role": "admin"}),
        "edit": program().call("PATCH", f"/invitations/{invited}", {"role": "admin"}),
        "promote": program().call("PATCH", f"/members/{member_id}", {"role": "admin"}),
    }
    for name, answer in calls.items():
        assert answer.status_code == 422, name
        assert "second admin" in answer.text, name
        assert "on the page Invitations" in answer.text, name
    many = program().post(
        "/invitations/bulk", {"invitations": [{"email": "new@example.org", "role": "admin"}]}
    )
    assert many.status_code == 207
    assert "second admin" in many.text
    with app.app_context():
        assert cast.invitation("new@example.org") is None
        assert cast.member().role == "contributor"
