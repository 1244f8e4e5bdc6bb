"""Counting tries when they begin, so that many at once cannot exceed a limit."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import g
from limits import RateLimitItem
from limits.strategies import STRATEGIES, FixedWindowRateLimiter

NAME = "count-first"
GUESSES = "guesses"  # prefix of the scopes whose tries wait for one another
PATIENCE, PAUSE = 10.0, 0.02  # seconds

log = logging.getLogger("gatehouse.web")


class CountFirst(FixedWindowRateLimiter):
    """Fixed windows in which a try is counted when it begins, and given back if it was no guess.

    For a limit with `deduct_when`, Flask-Limiter tests before the view and counts after it: every
    request that is under way meanwhile passes. Here the test itself counts, and a try that
    Flask-Limiter would count afterwards is given back: `deduct_when` says when to give back.
    """

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Count the try; False if it is one too many."""
        key, tries = item.key_for(*identifiers), g.setdefault("tries", {})
        waits = any(word.startswith(GUESSES) for word in identifiers)
        tries[self, key] = self._wait(item, key) if waits else self._count(item, key)
        return bool(tries[self, key])

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Count a try, or give back one that `test` has counted in this request."""
        key = item.key_for(*identifiers)
        counted: bool | None = g.get("tries", {}).pop((self, key), None)
        if counted is None:
            return super().hit(item, *identifiers, cost=cost)
        if counted:
            with _log_if_unavailable():
                self.storage.incr(key, item.get_expiry(), amount=-1)
        return counted

    def _count(self, item: RateLimitItem, key: str) -> bool:
        return bool(self.storage.incr(key, item.get_expiry()) <= item.amount)

    def _wait(self, item: RateLimitItem, key: str) -> bool:
        """Count a guess; if the limit is full of unfinished tries, wait for them.

        They may be given back: people behind one address who press at the same moment are not
        guessing. Once wrong guesses alone fill the limit, nobody waits.
        """
        deadline = time.monotonic() + PATIENCE
        while not self._count(item, key):
            self.storage.incr(key, item.get_expiry(), amount=-1)
            if self.storage.get(_wrong(key)) >= item.amount or time.monotonic() > deadline:
                return False
            time.sleep(PAUSE)
        g.setdefault("guesses", []).append((self, key, item.get_expiry()))
        return True


def settle(_: object = None) -> None:
    """At the end of a request, note its wrong guesses: nobody waits for those."""
    tries = g.get("tries", {})
    for limiter, key, seconds in g.pop("guesses", []):
        if (limiter, key) in tries:
            with _log_if_unavailable():
                limiter.storage.incr(_wrong(key), seconds)


def _wrong(key: str) -> str:
    return f"{key}/wrong"


@contextmanager
def _log_if_unavailable() -> Iterator[None]:
    """The answer is ready, so a storage that is unavailable now fails nobody."""
    try:
        yield
    except Exception as error:
        log.warning("a try was not given back: %s", type(error).__name__)


STRATEGIES[NAME] = CountFirst
