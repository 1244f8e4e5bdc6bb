"""What became of an organization's invitations, in figures that are counted from the rows.

A report is about the invitations made in its period, whenever they were answered, so its figures
add up: pending, accepted, declined, expired and revoked are all of them.
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
from webapp.domain.reports.counts import Group, Kind
from webapp.domain.reports.periods import Period
from webapp.languages import marked
from webapp.models import Organization, User

SHOWN = 50  # inviters and domains with a line of their own; the others have one together
REST = "others"  # the key of that line
# In English for programs; a page asks for the reader's language.
OTHERS = marked("All others")
OPERATOR = marked("The operator")


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


@dataclass(frozen=True, slots=True)
class ReportLine:
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
    weeks: Sequence[ReportLine]
    inviters: Sequence[ReportLine]
    roles: Sequence[ReportLine]
    domains: Sequence[ReportLine]


class _Totals:
    """How many invitations of each kind there are, and the seconds of the accepted ones."""

    def __init__(self) -> None:
        self.kinds: Counter[Kind] = Counter()
        self.seconds: list[int] = []

    def add(self, group: Group) -> None:
        self.kinds[group.kind] += group.number
        self.seconds += group.seconds

    def merge(self, other: _Totals) -> None:
        self.kinds.update(other.kinds)
        self.seconds += other.seconds

    @property
    def invited(self) -> int:
        return self.kinds.total()

    def figures(self) -> Figures:
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


def invitations(
    organization: Organization, period: Period, *, group_id: int | None = None
) -> Report:
    """The present figures of the invitations made in the period, or of those that carry a group.

    The inviter is the present one, and the domain is that of the address. Counts may be a little
    old (`webapp/replicas.py`), names not: nobody may see that of somebody who was erased.
    """
    weeks: list[ReportLine] = []
    total = _Totals()
    inviters, roles, domains = (_totals_by_key() for _ in range(3))
    for week, groups in report_counts.by_week(organization, period, group_id):
        in_week = _Totals()
        for group in groups:
            parts = inviters[group.inviter_id], roles[group.role], domains[group.domain]
            for totals in (total, in_week, *parts):
                totals.add(group)
        weeks.append(ReportLine(week.name, week.name, in_week.figures(), week.first, week.last))
    names = _names(inviters)
    return Report(
        period,
        total.figures(),
        weeks,
        _lines(inviters, lambda key: names.get(key, OPERATOR)),
        _lines(roles, lambda key: str(key).capitalize()),
        _lines(domains, str),
    )


def _totals_by_key() -> dict[Any, _Totals]:
    return defaultdict(_Totals)


def cells(report: Report) -> Iterator[Sequence[object]]:
    """The report as one table for a spreadsheet, its heading first."""
    yield ("by", "key", "name", "from", "to", "zone", *(field.name for field in fields(Figures)))
    total = ReportLine("", "All invitations", report.total)
    for kind, lines in (
        ("total", [total]),
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


def _names(inviters: Iterable[int | None]) -> dict[int | None, str]:
    ids = [inviter_id for inviter_id in inviters if inviter_id is not None]
    people = db.session.scalars(select(User).where(User.id.in_(ids)))
    return {user.id: user.full_name for user in people}


def _lines(totals: dict[Any, _Totals], name: Callable[[Any], str]) -> list[ReportLine]:
    """Most invitations first; one line for all beyond those that are shown."""
    ordered = sorted(totals, key=lambda key: (-totals[key].invited, name(key)))
    rest = _Totals()
    for key in ordered[SHOWN:]:
        rest.merge(totals[key])
    lines = [
        ReportLine("" if key is None else str(key), name(key), totals[key].figures())
        for key in ordered[:SHOWN]
    ]
    return [*lines, ReportLine(REST, OTHERS, rest.figures())] if ordered[SHOWN:] else lines
