"""The figures of a set of invitations: how many of each kind, and how long they took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from webapp.domain.reports.counts import Kind


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of invitations, and seconds from an invitation to its acceptance (None: no one)."""

    invited: int  # all of them, by mail or with a link alone
    sent: int  # a mail server took a mail
    delivered: int  # and at least one of those mails did not come back
    opened: int  # the link was opened, or answered by a program
    accepted: int
    declined: int
    expired: int
    revoked: int
    pending: int
    acceptance_rate: float | None  # accepted of all that were invited, from 0 to 1
    median_seconds: float | None
    mean_seconds: float | None
    p90_seconds: float | None


class Totals:
    """How many invitations of each kind there are, and the seconds of the accepted ones."""

    def __init__(self) -> None:
        self.kinds: Counter[Kind] = Counter()
        self.seconds: list[int] = []

    def add(self, kind: Kind, number: int, seconds: Sequence[int]) -> None:
        """So many more of a kind, and the seconds of those that were accepted."""
        self.kinds[kind] += number
        self.seconds += seconds

    def merge(self, other: Totals) -> None:
        """All of the other's as well."""
        self.kinds.update(other.kinds)
        self.seconds += other.seconds

    @property
    def invited(self) -> int:
        """How many there are."""
        return self.kinds.total()

    def figures(self) -> Figures:
        """The counts by what became of them, and the quantiles."""
        seconds, invited = sorted(self.seconds), self.invited
        counts: Counter[str] = Counter()
        for kind, number in self.kinds.items():
            counts[kind.status] += number
            for name in ("sent", "delivered", "opened"):
                counts[name] += number * getattr(kind, name)
        return Figures(
            invited=invited,
            sent=counts["sent"],
            delivered=counts["delivered"],
            opened=counts["opened"],
            accepted=counts["accepted"],
            declined=counts["declined"],
            expired=counts["expired"],
            revoked=counts["revoked"],
            pending=counts["pending"],
            acceptance_rate=counts["accepted"] / invited if invited else None,
            median_seconds=quantile(seconds, 0.5),
            mean_seconds=sum(seconds) / len(seconds) if seconds else None,
            p90_seconds=quantile(seconds, 0.9),
        )


def quantile(ordered: Sequence[int], share: float) -> float | None:
    """The value below which that share lies, interpolated between two neighbours.

    The median of an even number is the mean of the two in the middle; this is SQL's
    percentile_cont, and definition 7 of Hyndman and Fan (1996).
    """
    if not ordered:
        return None
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
