"""Which answers count against which limit, one by one."""

from __future__ import annotations

import pytest
from flask import Response, g, request

from tests import cast
from tests.support.client import Browser
from tests.support.mute import MuteServer
from webapp import redis_tries, trace
from webapp.web import limits
from webapp.web.access import ACCESS, ANYONE
from webapp.web.limits import counting, outcomes, visits

STATUSES = (200, 303, 399, 400, 401, 402, 403, 404, 405, 409, 410, 411, 421, 422, 423, 428, 429)
STATUSES += (430, 499, 500, 501, 503)


def counted(of_an_answer):
    return [status for status in STATUSES if of_an_answer(Response(status=status))]


@pytest.fixture
def request_context(app):
    with app.test_request_context("/login", method="POST"):
        yield


@pytest.mark.usefixtures("request_context")
def test_which_answers_count():
    assert counted(outcomes.was_refused) == [401, 404, 410, 422, 500, 501, 503]
    assert counted(outcomes.was_guess) == [500, 501, 503]
    assert counted(outcomes.was_not_signed) == [status for status in STATUSES if status >= 400]
    assert counted(outcomes.was_unknown) == [401]
    assert counted(outcomes.was_other_request) == []
    g.was_other_request = True
    assert counted(outcomes.was_other_request) == list(STATUSES)


@pytest.mark.usefixtures("request_context")
def test_a_wrong_password_counts_whatever_the_answer_is():
    trace.record("SignInFailed")
    assert counted(outcomes.was_guess) == list(STATUSES)


def test_a_try_is_given_back_unless_it_counts_and_a_refused_one_was_never_counted():
    assert counted(outcomes.unless(lambda _: True)) == [429]
    assert counted(outcomes.unless(lambda _: False)) == list(STATUSES)


def test_nobody_waits_once_wrong_guesses_alone_fill_the_limit(browser, monkeypatch):
    somebody = browser()
    for _ in range(10):
        somebody.open("/login")
        somebody.send("/login", email=cast.CHEN, password="not this one")
    somebody.open("/login")

    def wait(_):
        raise AssertionError("it waited for tries that are over")

    monkeypatch.setattr(counting.time, "sleep", wait)
    somebody.send("/login", email=cast.CHEN, password="not this one")
    assert somebody.status == 429


def test_every_public_address_has_a_limit(app):
    """A narrower one of its own, or that of all."""
    manager = limits.limiter.limit_manager
    for rule in app.url_map.iter_rules():
        if ACCESS[rule.endpoint] != ANYONE or rule.endpoint in visits.UNLIMITED:
            continue
        with app.test_request_context():
            request.url_rule = rule
            blueprint = rule.endpoint.rpartition(".")[0] or None
            common, own = manager.resolve_limits(app, rule.endpoint, blueprint)
            assert own or (common and not visits.is_exempt()), f"{rule} has no limit"


def test_one_network_alone_cannot_keep_the_server_busy(browser, monkeypatch):
    monkeypatch.setattr(visits, "VISITS", "3 per minute")
    somebody = browser()
    for _ in range(3):
        assert somebody.open("/accessibility").status == 200
    refused = somebody.open("/accessibility")
    assert refused.status == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 61
    assert "minute" in somebody.page.words or "second" in somebody.page.words
    assert somebody.open("/login").status == 200
    priya = browser(cast.PRIYA)
    for _ in range(5):
        assert priya.open("/orgs/acme/members").status == 200
        assert somebody.open("/healthz").status == 200


def test_a_mute_redis_is_waited_for_once_by_all_limits_and_the_queue_together(
    make_app, secrets, smtp, monkeypatch
):
    monkeypatch.setattr(redis_tries, "REST_SECONDS", 600.0)  # a busy machine is slow
    with MuteServer() as mute:
        app = make_app(REDIS_URL=f"redis://127.0.0.1:{mute.port}/0")
        priya = Browser(app, secrets)
        priya.open("/login")
        priya.send("/login", email=cast.PRIYA, password="not this one")
        assert priya.status == 422
        priya.sign_in(cast.PRIYA, cast.PASSWORD)
        priya.open("/orgs/acme/invitations/new")
        priya.send("/orgs/acme/invitations", email="bo@example.org")
        assert priya.status == 200
        assert mute.connections == 1


def test_the_probe_asks_a_mute_redis_once_beside_the_limits(make_app, monkeypatch):
    monkeypatch.setattr(redis_tries, "REST_SECONDS", 600.0)
    with MuteServer() as mute:
        app = make_app(REDIS_URL=f"redis://127.0.0.1:{mute.port}/0", METRICS_TOKEN="token")
        answer = app.test_client().get("/readyz")
        assert (answer.json["redis"], answer.json["queue"]) == ("away", "unknown")
        assert mute.connections == 2
        app.test_client().get("/metrics", headers={"Authorization": "Bearer token"})
        assert mute.connections == 3
