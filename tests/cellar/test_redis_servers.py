"""Redis behind Sentinel: found by it, and found again after a failover."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.sentinel import Watched
from webapp import queue, redis_servers
from webapp.domain.operations import checks


@pytest.fixture(params=["", "a-word-for-redis"], ids=["open", "with a password"])
def watched(tmp_path, request):
    """A primary with its replica and a Sentinel."""
    servers = Watched(tmp_path, request.param)
    yield servers
    servers.stop()


def limits(client):
    """The keys of the rate limits there."""
    return [*client.scan_iter("LIMITS*")]


def test_jobs_and_limits_follow_the_primary(make_app, watched, monkeypatch):
    monkeypatch.setattr("webapp.redis_tries.REST_SECONDS", 0.0)
    app = make_app(REDIS_URL=watched.url)
    with app.app_context():
        cast.invited()
        assert checks.redis().is_ok
        assert checks.waiting_jobs().is_ok
    app.test_client().post("/login", data={"email": "x@example.org", "password": "y"})
    assert limits(watched.primary.client())
    assert limits(redis_servers.client(watched.url))
    watched.fail_over()
    before = limits(watched.replica.client())
    with app.app_context():
        assert checks.redis().is_ok
        jobs = queue.JobQueue(watched.url)
        assert any(jobs.enqueue("jobs.webhooks.send") for _ in range(2))
    app.test_client().post("/login", data={"email": "new@example.org", "password": "y"})
    assert len(limits(watched.replica.client())) > len(before)
    assert queue.connect_patiently(watched.url).llen("rq:queue:gatehouse")


def test_a_sentinel_that_is_gone_is_a_redis_that_is_away(make_app):
    app = make_app(REDIS_URL="redis+sentinel://127.0.0.1:1/gatehouse")
    with app.app_context():
        assert checks.redis().word == "away"
        cast.invited()  # the database holds the mail


@pytest.mark.parametrize(
    ("netloc", "found"),
    [
        ("a", [("a", 26379)]),
        ("user:pass@a:1,b:2", [("a", 1), ("b", 2)]),
        ("a,[::1]:7", [("a", 26379), ("::1", 7)]),
    ],
)
def test_several_sentinels_are_read(netloc, found):
    assert redis_servers.addresses(netloc) == found
