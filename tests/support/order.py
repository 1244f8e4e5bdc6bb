"""Long tests first, dealt to all processes of a run.

A run is as long as its last process: one that begins a test of half a minute when the others are
done keeps them waiting. xdist gives each process one stretch of all tests, and later half of what
another has left. So each stretch begins with its share of the long ones.
"""

from __future__ import annotations

from itertools import islice

import pytest

# What takes ten seconds and more, longest first. A file that is missing here costs time, no more.
LONG = (
    "tests/browser/test_every_page.py",
    "tests/run/",
    "tests/jobs/",
    "tests/model/",
    "tests/cellar/test_migrations_interrupted.py",
    "tests/browser/test_webhooks.py",
    "tests/domain/outbox/test_rate.py",
    "tests/api/test_document.py",
    "tests/cellar/test_telemetry.py",
    "tests/cellar/test_redis_servers.py",
    "tests/web/test_guesses.py",
    "tests/web/test_offered_actions.py",
    "tests/web/test_web_processes.py",
    "tests/openid/",
)


def long_first(items: list[pytest.Item], processes: int) -> list[pytest.Item]:
    """The same tests, so that each process's stretch begins with its share of the long ones."""
    long = sorted((item for item in items if _rank(item) < len(LONG)), key=_rank)
    short = iter([item for item in items if _rank(item) == len(LONG)])
    dealt: list[pytest.Item] = []
    for number in range(processes):
        # As xdist cuts them: what is left, divided by the processes that are left.
        stretch = (len(items) - len(dealt)) // (processes - number)
        hand = long[number::processes]
        dealt += [*hand, *islice(short, max(0, stretch - len(hand)))]
    return [*dealt, *short]


def _rank(item: pytest.Item) -> int:
    return next((n for n, name in enumerate(LONG) if item.nodeid.startswith(name)), len(LONG))
