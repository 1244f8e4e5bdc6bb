"""Two sides timed in turn: the machine is noisy, so only their ratio in one run means something."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

SLICE = 0.1  # seconds that one side works before the other has its turn


def nothing(count: int) -> list[Any]:
    """What operations need that need nothing."""
    return [None] * count


@dataclass(frozen=True)
class Side:
    """Work: `prepare` makes what so many operations need, untimed; `run` does them, timed."""

    run: Callable[[list[Any]], object]
    prepare: Callable[[int], list[Any]] = nothing

    @classmethod
    def of(cls, once: Callable[[Any], object], prepare: Callable[[int], list[Any]]) -> Side:
        """A side of one operation at a time."""

        def run(items: list[Any]) -> None:
            for item in items:
                once(item)

        return cls(run, prepare)

    def seconds(self, count: int) -> float:
        """Seconds per operation, of so many."""
        items = self.prepare(count)
        began = time.perf_counter()
        self.run(items)
        return (time.perf_counter() - began) / count

    def size(self, least: int) -> int:
        """How many operations fill a slice; finding out warms the side up."""
        count = least
        while (taken := count * self.seconds(count)) < SLICE:
            count = max(count + 1, min(10 * count, int(count * SLICE / taken)))
        return count


@dataclass(frozen=True)
class Comparison:
    """Seconds per operation, round by round."""

    ours: list[float]
    floor: list[float]

    @property
    def ratios(self) -> list[float]:
        """How many times the floor each round cost."""
        return [ours / floor for ours, floor in zip(self.ours, self.floor, strict=True)]

    @property
    def row(self) -> tuple[str, str, str, str]:
        """Ours, floor, ratio and range, as text."""
        low, high = min(self.ratios), max(self.ratios)
        return (
            _milliseconds(median(self.ours)),
            _milliseconds(median(self.floor)),
            f"{median(self.ratios):.2f}",
            f"{low:.2f}–{high:.2f}",
        )


def compare(ours: Side, floor: Side, rounds: int, least: int = 1) -> Comparison:
    """Time both sides in turn, ours floor ours floor."""
    sizes = ours.size(least), floor.size(least)
    seconds = Comparison([], [])
    for _ in range(rounds):
        seconds.ours.append(ours.seconds(sizes[0]))
        seconds.floor.append(floor.seconds(sizes[1]))
    return seconds


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.3f} ms"
