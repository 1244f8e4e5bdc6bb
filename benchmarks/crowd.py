"""One client, and eight at once, over two web processes: ours, and the sketch of our packages.

And ours over one process and over two. Each round asks both sides in turn.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from statistics import median
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks import sketch
from benchmarks.clients import FRESH, Errand, Taken, ask
from benchmarks.served import Door, running
from benchmarks.stage import INVITATIONS, Stage

CLIENTS, SECONDS, ROUNDS = 8, 2.0, 5
ENTRIES = ("list", "open", "invite")
Cells = tuple[str, str, str, str, str, str]


class Side(NamedTuple):
    """A server, and what is asked of it for each entry."""

    port: int
    errands: dict[str, Errand]


def measure(stage: Stage) -> Iterator[Cells]:
    """A line for each entry: alone, eight at once, and two processes against one."""
    sketch.fill(stage.environment["DATABASE_URL"], stage.environment["REDIS_URL"])
    with ExitStack() as stack:

        def start(application: str, workers: int) -> int:
            return stack.enter_context(running(application, stage.environment, workers))

        two = ours(stage, start("wsgi:app", 2))
        one = ours(stage, start("wsgi:app", 1))
        bare = _sketch(start("benchmarks.sketch:served()", 2))
        for name in ENTRIES:
            stage.settle()
            for side in (two, one, bare):
                ask([side.errands[name]], CLIENTS, SECONDS / 2)  # warms the processes up
            alone = _rounds(name, 1, two, bare)
            yield _times(f"{name} x 1", alone)
            together = _rounds(name, CLIENTS, two, bare)
            yield _rates(f"{name} x {CLIENTS}", "8 at once, a second | the sketch", together)
            both = _rounds(name, CLIENTS, two, one)
            yield _rates(f"{name} 2 : 1", "8 at once, two processes | one process", both)
            if name == "invite":
                yield _slowest(together)


def _rounds(name: str, clients: int, *sides: Side) -> list[list[Taken]]:
    def one(side: Side) -> Taken:
        taken = ask([side.errands[name]], clients, SECONDS)
        assert not taken.failed, name
        return taken

    return [[one(side) for side in sides] for _ in range(ROUNDS)]


def _times(name: str, rounds: list[list[Taken]]) -> Cells:
    return _cells(name, "one client | the sketch", rounds, lambda one: one.median, _milliseconds)


def _rates(name: str, words: str, rounds: list[list[Taken]]) -> Cells:
    return _cells(name, words, rounds, lambda one: one.rate, lambda rate: f"{rate:.0f}/s")


def _slowest(rounds: list[list[Taken]]) -> Cells:
    both = [[taken._replace(median=taken.p99), taken] for taken, _ in rounds]  # both of ours
    words = "99th percentile of 8 at once | their median"
    return _cells("invite p99", words, both, lambda one: one.median, _milliseconds)


def _cells(
    name: str,
    words: str,
    rounds: list[list[Taken]],
    figure: Callable[[Taken], float],
    shown: Callable[[float], str],
) -> Cells:
    ours, other = ([figure(pair[place]) for pair in rounds] for place in (0, 1))
    ratios = [mine / its for mine, its in zip(ours, other, strict=True)]
    spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
    return name, shown(median(ours)), shown(median(other)), f"{median(ratios):.2f}", spread, words


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.2f} ms"


def ours(stage: Stage, port: int) -> Side:
    """What is asked of a Gatehouse at this port."""
    (token,) = stage.invite(1)
    known = {"csrf_token": stage.csrf_token, "role": "contributor", "expiry_days": "7"}
    body = urlencode({**known, "email": f"{FRESH}@example.org"}, safe="@")
    return Side(
        port,
        {
            "list": Errand(port, INVITATIONS, stage.cookies),
            "open": Errand(port, f"/register?token={token}"),
            "invite": Errand(port, INVITATIONS, stage.cookies, body),
        },
    )


def _sketch(port: int) -> Side:
    with closing(Door(port)) as door:
        answer = door.open("/sign-in", method="GET", headers={}, data=None)
        cookie, token = door.cookie, answer.get_data(as_text=True)
        link = door.open("/link?id=1", method="GET", headers={}, data=None).get_data(as_text=True)
    assert re.fullmatch(r"[\w.-]+", token)
    known = {"csrf_token": token, "role": "contributor", "email": f"{FRESH}@example.org"}
    return Side(
        port,
        {
            "list": Errand(port, "/invitations", cookie),
            "open": Errand(port, f"/join/{link}"),
            "invite": Errand(port, "/invitations", cookie, urlencode(known, safe="@")),
        },
    )
