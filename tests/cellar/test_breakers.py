"""A server that does not answer is tried by one, now and then, and skipped by all others."""

from __future__ import annotations

import pytest
from redis import Redis
from redis.exceptions import ConnectionError, TimeoutError

from tests.support.mute import MuteServer
from tests.support.processes import wait_until
from webapp import redis_tries
from webapp.breakers import Breaker


def test_all_may_try_what_works():
    breaker = Breaker(60)
    assert [breaker.lets() for _ in range(3)] == [True] * 3


def test_after_a_failure_nobody_tries_for_a_while_and_then_one():
    breaker = Breaker(0.05)
    breaker.failed()
    assert not breaker.lets()
    wait_until(breaker.lets)
    assert not breaker.lets()
    breaker.worked()
    assert [breaker.lets() for _ in range(3)] == [True] * 3


def test_two_clients_of_one_mute_redis_wait_for_it_once(monkeypatch):
    monkeypatch.setattr(redis_tries, "REST_SECONDS", 600.0)
    with MuteServer() as mute:
        url = f"redis://127.0.0.1:{mute.port}/0"
        clients = [Redis.from_url(url, **redis_tries.options(url)) for _ in range(2)]
        with pytest.raises(TimeoutError):
            clients[0].get("x")
        for client in clients * 3:
            with pytest.raises(ConnectionError, match="a moment ago"):
                client.get("x")
        assert mute.connections == 1


def test_a_redis_that_refuses_a_command_is_not_taken_for_a_mute_one(redis):
    client = Redis.from_url(redis.url, **redis_tries.options(redis.url))
    client.set("x", "text")
    with pytest.raises(Exception, match="WRONGTYPE"):
        client.lpush("x", 1)
    assert client.get("x") == b"text"
