"""Whole lists at once against the same rows inserted raw.

Thousands of rows are one operation here, so what counts is the processor: ours and the database
server's together, which a busy machine disturbs less than the clock.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks import batches
from benchmarks.stage import Stage
from jobs import collect_rarely
from tests import cast
from webapp.domain import groups, imports
from webapp.domain.imports import reading as import_reading
from webapp.domain.imports import runs
from webapp.domain.operations import sweeps

PEOPLE = 10_000
OVERDUE = 100_000
ROUNDS = 3
TICKS = os.sysconf("SC_CLK_TCK")


class Work(NamedTuple):
    """Something to be done once: what it needs is made before, untimed."""

    prepare: Callable[[], Any]
    run: Callable[[Any], object]


class Cost(NamedTuple):
    """Seconds of the processor, and of the clock."""

    processor: float
    wall: float


class Measured(NamedTuple):
    """One entry: ours and its floor, round by round."""

    name: str
    words: str
    ours: list[Cost]
    floor: list[Cost]

    @property
    def cells(self) -> tuple[str, ...]:
        """Name, ours, floor, ratio and range by the processor; with the words, by the clock."""
        ratios = [a.processor / b.processor for a, b in zip(self.ours, self.floor, strict=True)]
        wall = median(a.wall / b.wall for a, b in zip(self.ours, self.floor, strict=True))
        return (
            self.name,
            f"{1000 * median(one.processor for one in self.ours):.0f} ms",
            f"{1000 * median(one.processor for one in self.floor):.0f} ms",
            f"{median(ratios):.2f}",
            f"{min(ratios):.2f}–{max(ratios):.2f}",
            f"{self.words} (by the clock {wall:.2f})",
        )


def reading(stage: Stage) -> tuple[Work, Work]:
    """A list of 10,000 read, sorted and written | its lines inserted raw, by a thousand"""

    def ours(text: str) -> None:
        with stage.app.app_context():
            read = partial(import_reading.pasted, text)
            acme, priya = cast.organization(), cast.person()
            assert imports.read(acme, read, by=priya, role="contributor").total == PEOPLE

    raw = batches.Raw(stage)
    return (
        Work(lambda: "\n".join(stage.emails(PEOPLE)), ours),
        Work(lambda: stage.emails(PEOPLE), raw.read),
    )


def running(stage: Stage) -> tuple[Work, Work]:
    """10,000 people of a list invited | the same rows written raw, by a thousand"""

    def listed() -> int:
        with stage.app.app_context():
            made = cast.listed("\n".join(stage.emails(PEOPLE)))
            imports.start(cast.organization(), made.id, by=cast.person())
            return made.id

    def ours(number: int) -> None:
        with stage.app.app_context():
            made = runs.finish(cast.organization(), number)
            assert made.state == "finished", made.words

    raw = batches.Raw(stage)
    return Work(listed, ours), Work(lambda: raw.read(stage.emails(PEOPLE)), raw.run)


def running_with_groups(stage: Stage) -> tuple[Work, Work]:
    """The same, each with two groups and an end | the same rows written raw, by a thousand"""
    with stage.app.app_context():
        acme, priya = cast.organization(), cast.person()
        group_ids = [
            groups.create(acme, by=priya, slug=slug, name=slug).id
            for slug in ("drivers", "night-shift")
        ]

    def listed() -> int:
        rows = [f"{email},drivers|night-shift,2099-06-30" for email in stage.emails(PEOPLE)]
        with stage.app.app_context():
            made = cast.listed("\n".join(["email,groups,access_until", *rows]))
            imports.start(cast.organization(), made.id, by=cast.person())
            return made.id

    plain, floor = running(stage)
    return Work(listed, plain.run), Work(floor.prepare, partial(floor.run, group_ids=group_ids))


def expiring(stage: Stage) -> tuple[Work, Work]:
    """100,000 that ran out are marked | UPDATE and INSERT of the events, by a thousand"""

    def ours(_: object) -> None:
        with stage.app.app_context():
            assert sweeps.expire() == OVERDUE

    raw = batches.Raw(stage)
    return (
        Work(lambda: raw.overdue(stage.emails(OVERDUE)), ours),
        Work(lambda: raw.overdue(stage.emails(OVERDUE)), raw.expire),
    )


ENTRIES = {"import-read": reading, "import": running}
ENTRIES |= {"import-groups": running_with_groups, "expire": expiring}


def measure(stage: Stage, names: Sequence[str], rounds: int = ROUNDS) -> Iterator[Measured]:
    """Each of the entries, ours and floor in turn."""
    cpu = Processor(stage)
    collect_rarely()
    for name in names:
        ours, floor = ENTRIES[name](stage)
        costs: tuple[list[Cost], list[Cost]] = ([], [])
        for turn, (work, into) in itertools.product(
            range(rounds), zip((ours, floor), costs, strict=True)
        ):
            needed = work.prepare()
            if not turn:
                stage.settle()
            into.append(cpu.cost(partial(work.run, needed)))
        yield Measured(name, (ENTRIES[name].__doc__ or "").strip(), *costs)


class Processor:
    """What work costs the processor, here and in the database's server."""

    def __init__(self, stage: Stage) -> None:
        self._server = 0
        if stage.engine.dialect.name == "postgresql":
            with stage.engine.connect() as connection:
                pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            self._server = _stat(pid)[1]

    def cost(self, run: Callable[[], object]) -> Cost:
        """The cost of one run."""
        before, began = self._seconds(), time.perf_counter()
        run()
        return Cost(self._seconds() - before, time.perf_counter() - began)

    def _seconds(self) -> float:
        """Of this process, of the server's that run, and of those that have ended."""
        seconds = time.process_time()
        if self._server:
            seconds += sum(_stat(self._server)[11:15]) / TICKS
            for path in Path("/proc").glob("[0-9]*"):
                stat = _stat(int(path.name))
                if stat and stat[1] == self._server:
                    seconds += _finely(path) or sum(stat[11:13]) / TICKS
        return seconds


def _finely(process: Path) -> float:
    """The seconds of a process, where the kernel counts them by the nanosecond; else 0."""
    try:
        return int((process / "schedstat").read_text().split()[0]) / 1e9
    except (OSError, IndexError):
        return 0


def _stat(pid: int) -> list[int]:
    """The numbers of /proc/<pid>/stat, from the state on, which stands as 0; none if it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return [0, *map(int, text.rpartition(")")[2].split()[1:])]
