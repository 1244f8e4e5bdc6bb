"""Where one is signed in: seen, ended one by one, or all others at once."""

from __future__ import annotations

import pytest

from tests import cast
from webapp.db import db
from webapp.domain import user_agents
from webapp.models import Event

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def two(browser):
    """Priya at her desk and on her phone."""
    desk, phone = browser(address="192.0.2.1"), browser(address="192.0.2.2")
    for somewhere, agent in ((desk, FIREFOX), (phone, PHONE)):
        somewhere.environ["HTTP_USER_AGENT"] = agent
        somewhere.sign_in(cast.PRIYA, cast.PASSWORD)
    return desk, phone


def test_each_session_says_device_address_and_last_use_and_this_one_is_marked(two):
    desk, _ = two
    desk.open("/account/sessions")
    rows = {row["Device"]: row for row in desk.page.rows()}
    assert rows["Firefox on Linux This browser"]["Network address"] == "192.0.2.1"
    assert rows["Safari on iPhone"]["Network address"] == "192.0.2.2"
    assert rows["Safari on iPhone"]["Last use"] == "just now"


def test_another_session_is_ended_and_its_copied_cookie_is_dead_with_redis_stopped(two, redis):
    desk, phone = two
    redis.kill()
    desk.open("/account/sessions")
    (form,) = [f for f in desk.page.forms() if f.buttons == ("Sign out of Safari on iPhone",)]
    desk.post(form.action, form.fields)
    assert "That browser is signed out." in desk.page.messages
    phone.open("/orgs/acme/invitations")
    assert phone.page.heading == "Sign in"
    desk.open("/orgs/acme/invitations")
    assert desk.page.heading == "Invitations"


def test_all_others_are_ended_at_once_and_it_is_on_record(two, browser, app):
    desk, phone = two
    third = browser(cast.PRIYA)
    desk.open("/account/sessions")
    desk.send("/end-others")
    assert "2 other browsers are signed out. You stay signed in here." in desk.page.messages
    for gone in (phone, third):
        gone.open("/orgs/acme/invitations")
        assert gone.page.heading == "Sign in"
    with app.app_context():
        (event,) = db.session.query(Event).filter_by(name="SessionsRevoked")
        priya = cast.person()
        assert event.data == {"user_id": priya.id, "email": priya.email, "count": 2}


def test_ending_this_one_is_signing_out(two):
    desk, _ = two
    desk.open("/account/sessions")
    (form,) = [f for f in desk.page.forms() if f.buttons == ("Sign out of Firefox on Linux",)]
    desk.post(form.action, form.fields)
    assert desk.page.heading == "Sign in"


def test_somebody_elses_session_is_not_there(two, browser):
    desk, _ = two
    desk.open("/account/sessions")
    (form,) = [f for f in desk.page.forms() if f.buttons == ("Sign out of Safari on iPhone",)]
    eve = browser(cast.EVE)
    token = eve.open("/account/sessions").page.forms()[0].fields["csrf_token"]
    eve.post(form.action, {"csrf_token": token})
    assert eve.status == 404
    desk.open("/account/sessions")
    assert len(desk.page.rows()) == 2


def test_ended_and_old_sessions_are_not_listed(two, travel):
    desk, phone = two
    phone.open("/orgs/acme/invitations")
    phone.send("/logout")
    desk.open("/account/sessions")
    assert len(desk.page.rows()) == 1


def test_last_use_moves_at_most_every_five_minutes_and_fails_no_request(
    two, travel, monkeypatch, caplog
):
    desk, _ = two
    travel(minutes=20)
    desk.open("/accessibility")
    travel(minutes=4)
    desk.open("/account/sessions")
    assert {row["Last use"] for row in desk.page.rows()} == {"4 minutes ago", "24 minutes ago"}

    def fail(_):
        raise RuntimeError("details")

    monkeypatch.setattr("webapp.domain.accounts.sessions.used", fail)
    travel(minutes=20)
    assert desk.open("/accessibility").status == 200
    assert "last activity was not written: RuntimeError" in caplog.text


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (PHONE, "Safari on iPhone"),
        ("curl/8.0", "curl"),
        ("Something of my own", "Something of my own"),
        ("", "An unknown device"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_device_is_named_as_a_person_would(agent, name):
    assert user_agents.name(agent) == name
