"""What became of an organization's invitations: the figures, counted from the rows themselves.

A report is about the invitations that were made in its period, whenever they were answered, so
its figures add up: pending, accepted, declined, expired and revoked are all of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import select

from webapp.db import db
from webapp.domain.reports import counts as report_counts
from webapp.domain.reports.counts import Group
from webapp.domain.reports.periods import Period
from webapp.models import Organization, User

SHOWN = 50  # inviters and domains with a line of their own; the others have one together
OTHERS = "All others"
OPERATOR = "The operator"


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of invitations, and seconds from an invitation to its acceptance (None: no one)."""

    invited: int  # all of them, by mail or with a link alone
    sent: int  # a mail server took a mail
    delivered: int  # and not each of those mails came back
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


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one week, inviter, role or domain."""

    key: str
    name: str
    figures: Figures
    first: date | None = None  # of a week: its days within the period
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a period, all together and line by line."""

    period: Period
    total: Figures
    weeks: Sequence[Line]
    inviters: Sequence[Line]
    roles: Sequence[Line]
    domains: Sequence[Line]


class _Heap:
    """What is counted of some invitations."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.seconds: list[int] = []

    def add(self, more: _Heap | Group) -> None:
        self.counts.update(more.counts)
        self.seconds += more.seconds

    def figures(self) -> Figures:
        taken, counts = sorted(self.seconds), self.counts
        return Figures(
            invited=counts["invited"],
            sent=counts["sent"],
            delivered=counts["delivered"],
            opened=counts["opened"],
            accepted=counts["accepted"],
            declined=counts["declined"],
            expired=counts["expired"],
            revoked=counts["revoked"],
            pending=counts["pending"],
            acceptance_rate=counts["accepted"] / counts["invited"] if counts["invited"] else None,
            median_seconds=quantile(taken, 0.5),
            mean_seconds=sum(taken) / len(taken) if taken else None,
            p90_seconds=quantile(taken, 0.9),
        )


def invitations(organization: Organization, period: Period) -> Report:
    """The figures of the invitations made in the period, as things stand now.

    The inviter is whoever it stands in the name of now, and the domain that of the address.
    """
    span = report_counts.span(organization, period.start, period.until)
    weeks = period.weeks(*span) if span else []
    total, by_week = _Heap(), [_Heap() for _ in weeks]
    by: dict[str, dict[Any, _Heap]] = {
        name: defaultdict(_Heap) for name in ("inviters", "roles", "domains")
    }
    for week, heap in zip(weeks, by_week, strict=True):
        for group in report_counts.of(organization, week.start, week.until):
            for one in (
                total,
                heap,
                by["inviters"][group.inviter_id],
                by["roles"][group.role],
                by["domains"][group.domain],
            ):
                one.add(group)
    names = _names(by["inviters"])
    return Report(
        period,
        total.figures(),
        [
            Line(week.name, week.name, heap.figures(), week.first, week.last)
            for week, heap in zip(weeks, by_week, strict=True)
        ],
        _lines(by["inviters"], lambda key: names.get(key, OPERATOR)),
        _lines(by["roles"], lambda key: str(key).capitalize()),
        _lines(by["domains"], str),
    )


def cells(report: Report) -> Iterator[Sequence[object]]:
    """The report as one table for a spreadsheet, its heading first."""
    yield ("by", "key", "name", "from", "to", "zone", *(field.name for field in fields(Figures)))
    whole = Line("", "All invitations", report.total)
    for kind, lines in (
        ("total", [whole]),
        ("week", report.weeks),
        ("inviter", report.inviters),
        ("role", report.roles),
        ("domain", report.domains),
    ):
        for line in lines:
            figures = [getattr(line.figures, field.name) for field in fields(Figures)]
            first, last = line.first or report.period.first, line.last or report.period.last
            yield (kind, line.key, line.name, first, last, report.period.zone, *figures)


def quantile(ordered: Sequence[int], share: float) -> float | None:
    """The value below which that share lies, between two neighbours where it falls between them.

    The median of an even number is the mean of the two in the middle; SQL calls it
    percentile_cont, Hyndman and Fan (1996) their definition 7.
    """
    if not ordered:
        return None
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _names(inviters: Iterable[int | None]) -> dict[int | None, str]:
    ids = [one for one in inviters if one is not None]
    people = db.session.scalars(select(User).where(User.id.in_(ids)))
    return {one.id: one.full_name for one in people}


def _lines(heaps: dict[Any, _Heap], name: Callable[[Any], str]) -> list[Line]:
    """Most invitations first; beyond those that are shown, one line for the rest."""
    most = sorted(heaps, key=lambda key: (-heaps[key].counts["invited"], name(key)))
    rest = _Heap()
    for key in most[SHOWN:]:
        rest.add(heaps[key])
    lines = [
        Line("" if key is None else str(key), name(key), heaps[key].figures())
        for key in most[:SHOWN]
    ]
    return [*lines, Line("others", OTHERS, rest.figures())] if most[SHOWN:] else lines
