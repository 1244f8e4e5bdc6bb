"""What the scheduler does regularly: each room declares its own part.

`@upkeep.forgets` above a function is enough: `create_app` imports every file of the
rules, and `operations.sweeps` runs what is declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Verb = TypeVar("Verb", bound=Callable[[], int | None])
T = TypeVar("T")


def each(acts: Iterable[Callable[[], T]]) -> list[T]:
    """Do all of them; one that breaks stops no other, and is raised when all are done."""
    results, broken = [], None
    for act in acts:
        try:
            results.append(act())
        except Exception as error:
            broken = broken or error
    if broken is not None:
        raise broken
    return results


class Sweep:
    """Verbs that are done together, in the order of their names; each is its own transaction."""

    def __init__(self) -> None:
        self.verbs: dict[str, Callable[[], int | None]] = {}

    def __call__(self, verb: Verb) -> Verb:
        """Declare a verb of this sweep; for use as a decorator."""
        self.verbs[f"{verb.__module__}.{verb.__name__}"] = verb
        return verb

    def do(self) -> int:
        """Do all of them; returns the sum of what they count."""
        return sum(self.verbs[name]() or 0 for name in sorted(self.verbs))


renews = Sweep()  # encrypts keys with the present SECRET_KEY
forgets = Sweep()  # drops what is no longer needed
sums_up = Sweep()  # sums up figures that are added to line by line
