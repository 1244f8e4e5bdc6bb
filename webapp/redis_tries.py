"""Redis as requests use it: asked once, for a moment; while it is silent, not asked at all.

The limits and the queue are counted together, in each process: whichever of them finds that Redis
does not answer spares all the others of this request and of those in the next seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Self, TypeVar

from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, TimeoutError
from redis.retry import Retry

from webapp.breakers import Breaker

T = TypeVar("T")

WAIT_SECONDS = 0.25  # that a request waits for Redis, all in all
REST_SECONDS = 5.0

_breakers: defaultdict[str, Breaker] = defaultdict(lambda: Breaker(REST_SECONDS))


def breaker(url: str) -> Breaker:
    """The breaker that all of this process share who use the Redis at `url`."""
    return _breakers[url]


def options(url: str) -> dict[str, Any]:
    """Options of a redis-py connection that gives up after a moment and then skips its tries."""
    return {
        "socket_timeout": WAIT_SECONDS,
        "socket_connect_timeout": WAIT_SECONDS,
        "retry": OneTry(breaker(url)),
    }


class OneTry(Retry):
    """No second try, and none while the breaker is open: then it raises ConnectionError."""

    def __init__(self, breaker: Breaker) -> None:
        super().__init__(NoBackoff(), 0)
        self._breaker = breaker

    def __deepcopy__(self, _: Any) -> Self:
        return self  # redis-py copies it for each connection, and the breaker is to be shared

    def call_with_retry(self, do: Callable[[], T], *args: Any, **named: Any) -> T:
        """Do it, unless Redis did not answer a moment ago."""
        if not self._breaker.lets():
            raise ConnectionError("Redis did not answer a moment ago")
        try:
            result = super().call_with_retry(do, *args, **named)
        except (ConnectionError, TimeoutError, OSError):
            self._breaker.failed()
            raise
        self._breaker.worked()
        return result
