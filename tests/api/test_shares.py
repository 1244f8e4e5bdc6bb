"""A share that is used up, or a pause that is not over, is a 429 that says when to come back."""

from __future__ import annotations

import ast

import pytest

from tests import cast
from webapp import clock
from webapp.config import ROOT
from webapp.domain import errors
from webapp.domain.errors import UsedUp
from webapp.domain.invitations import renewal_requests, resends
from webapp.domain.mail import kinds
from webapp.models import Delivery, Event

pytestmark = pytest.mark.usefixtures("by_day")

BO = {"email": "bo@example.org", "role": "contributor"}
SEND = "/api/organizations/invitations/send/"


def used_up(answer, seconds=None):
    """Whether this is the 429 of a share, with the seconds until it may be tried again."""
    assert answer.status_code == 429
    assert answer.json["type"].endswith("#problem-used-up")
    wait = int(answer.headers["Retry-After"])
    assert answer.json["retry_after"] == wait
    until_midnight = (clock.next_day() - clock.now()).total_seconds()
    assert 1 <= wait <= (seconds or until_midnight + 60)  # it was a little earlier when it answered
    return wait


def mails():
    return Delivery.query.count(), Event.query.count()


@pytest.mark.both_databases
class TestTheDaysShareOfInvitations:
    """Two of the cast were invited today by Priya, and she by the operator."""

    @pytest.fixture(params=["ADMIN", "ORG"])
    def settings(self, settings, request):
        most = {"ADMIN": "3", "ORG": "4"}[request.param]
        return {**settings, f"INVITATIONS_PER_{request.param}_PER_DAY": most}

    @pytest.mark.parametrize("path", ["/invitations", SEND, "/api/invitations"])
    def test_is_told_at_every_address(self, program, app, path, travel):
        here = program()
        assert here.post(path, BO).status_code == 201
        with app.app_context():
            before = mails()
        wait = used_up(here.post(path, {**BO, "email": "jo@example.org"}))
        with app.app_context():
            assert mails() == before
        travel(seconds=wait)
        assert here.post(path, {**BO, "email": "jo@example.org"}).status_code == 201

    def test_is_told_for_each_of_many(self, program):
        people = [{**BO, "email": f"p{n}@example.org"} for n in range(3)]
        answer = program().post("/invitations/bulk", {"invitations": people})
        assert [one["status"] for one in answer.json["results"]] == [201, 429, 429]
        for one in answer.json["results"][1:]:
            assert one["problem"]["type"].endswith("#problem-used-up")
            assert one["problem"]["status"] == 429
            assert one["problem"]["retry_after"] > 0

    def test_keeps_no_answer_for_a_repetition(self, program, travel):
        here, jo = program(), {**BO, "email": "jo@example.org"}
        here.post("/invitations", BO)
        wait = used_up(here.post("/invitations", jo, Idempotency_Key="a1"))
        travel(seconds=wait)
        assert here.post("/invitations", jo, Idempotency_Key="a1").status_code == 201

    def test_stays_a_422_on_pages(self, browser, app):
        with app.app_context():
            cast.invited()
        priya = browser(cast.PRIYA)
        priya.open("/orgs/acme/invitations/new")
        priya.send("/orgs/acme/invitations", email="jo@example.org")
        assert priya.status == 422
        assert "which is the daily limit" in priya.page.problems[0]


def test_an_address_that_was_mailed_often_enough_today(program):
    here = program()
    for _ in range(kinds.FROM_OTHERS.most):
        number = here.post("/invitations", BO).json["id"]
        here.post(f"/invitations/{number}/revoke")
    answer = here.post("/invitations", BO)
    used_up(answer)
    assert answer.json["errors"][0]["pointer"] == "#/email"
    many = here.post("/invitations/bulk", {"invitations": [BO]}).json["results"][0]
    assert (many["status"], many["problem"]["status"]) == (429, 429)
    assert many["problem"]["errors"][0]["pointer"] == "#/email"


@pytest.mark.parametrize(
    "path",
    [
        "/invitations/{}/resend",
        "/api/invitations/{}/resend/",
        "/users/{}/resend-invitation",
        "/api/v1/users/{}/resend-invitation/",
    ],
)
def test_resending_twice_a_minute_and_six_times_a_day(program, travel, path):
    here = program()
    path = path.format(here.post("/invitations", {**BO, "send_email": False}).json["id"])
    assert here.post(path).status_code == 200
    wait = used_up(here.post(path), seconds=60)
    travel(seconds=wait)
    for _ in range(resends.PER_DAY - 1):
        assert here.post(path).status_code == 200
        travel(seconds=60)
    used_up(here.post(path))


@pytest.mark.usefixtures("in_app")
def test_renewals_say_when_another_may_be_asked_for(travel):
    token = cast.mailed_token(cast.invited(expiry_days=1))
    travel(days=1, seconds=1)
    renewal_requests.renew(token)
    with pytest.raises(UsedUp) as soon:
        renewal_requests.renew(token)
    assert clock.now() < soon.value.until <= clock.now() + renewal_requests.PAUSE
    assert soon.value.status == 422  # whoever reads a page is told in words


def test_every_share_is_refused_as_used_up():
    """A share taken without success raises UsedUp or is silent; nothing raises a bare Refusal."""
    ways = {}
    for path in sorted((ROOT / "webapp/domain").rglob("*.py")):
        tree = ast.parse(path.read_text())
        makers = {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef)
            and node.returns is not None
            and ast.unparse(node.returns) == errors.UsedUp.__name__
        }
        for node in ast.walk(tree):
            takes = ("quotas.take(", "take_share(")
            if isinstance(node, ast.If) and any(one in ast.unparse(node.test) for one in takes):
                raised = [one.exc for one in ast.walk(node) if isinstance(one, ast.Raise)]
                names = {ast.unparse(one.func) for one in raised if isinstance(one, ast.Call)}
                ways[path.stem] = names <= makers | {"UsedUp"}
    assert set(ways) >= {"limits", "deliveries", "resends", "renewal_requests", "password_resets"}
    assert all(ways.values()), ways
