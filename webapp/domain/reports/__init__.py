"""What became of an organization's invitations, in figures that are counted from the rows.

A report is about the invitations made in its period, whenever they were answered, so its figures
add up: pending, accepted, declined, expired and revoked are all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import select

from webapp.db import db
from webapp.domain.reports import counts as report_counts
from webapp.domain.reports.counts import Alike
from webapp.domain.reports.figures import Figures, Totals
from webapp.domain.reports.periods import Period, Week
from webapp.domain.reports.queries import Only
from webapp.languages import marked
from webapp.models import Group, JoinLink, Organization, User

SHOWN = 50  # inviters and domains with a line of their own; the others have one together
REST = "others"  # the key of that line
# In English for programs; a page asks for the reader's language.
OTHERS = marked("All others")
OPERATOR = marked("The operator")
NO_LINK = marked("Without a join link")


@dataclass(frozen=True, slots=True)
class ReportLine:
    """The figures of one week, inviter, role, domain, group or join link."""

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
    groups: Sequence[ReportLine]  # once in each of its groups; none without a group
    links: Sequence[ReportLine]  # none where nobody came by a link


def invitations(
    organization: Organization,
    period: Period,
    *,
    group_id: int | None = None,
    link_id: int | None = None,
) -> Report:
    """The present figures of the invitations made in the period, or of a group or join link alone.

    The inviter is the present one, and the domain is that of the address. Counts may be a little
    old (`webapp/replicas.py`), names not: nobody may see that of somebody who was erased.
    """
    total = Totals()
    parts = inviters, roles, domains, links = [_totals_by_key() for _ in range(4)]
    by_week, by_group = report_counts.of_period(organization, period, Only(group_id, link_id))
    weeks = [_week(week, alike, total, parts) for week, alike in by_week]
    people, labels = _names(inviters), _labels(organization, links)
    return Report(
        period,
        total.figures(),
        weeks,
        _lines(inviters, lambda key: people.get(key, OPERATOR)),
        _lines(roles, lambda key: str(key).capitalize()),
        _lines(domains, str),
        _group_lines(organization, by_group),
        _lines(links, lambda key: labels.get(key, NO_LINK)) if labels else [],
    )


def _week(
    week: Week, alike: Iterable[Alike], total: Totals, parts: Sequence[dict[Any, Totals]]
) -> ReportLine:
    """The line of a week, added up in the total and in the parts as well."""
    in_week = Totals()
    for one in alike:
        keys = (one.inviter_id, one.role, one.domain, one.link_id)
        its = [by_key[key] for by_key, key in zip(parts, keys, strict=True)]
        for totals in (total, in_week, *its):
            totals.add(one.kind, one.number, one.seconds)
    return ReportLine(week.name, week.name, in_week.figures(), week.first, week.last)


def _totals_by_key() -> dict[Any, Totals]:
    return defaultdict(Totals)


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
        ("group", report.groups),
        ("link", report.links),
    ):
        for line in lines:
            figures = [getattr(line.figures, field.name) for field in fields(Figures)]
            first, last = line.first or report.period.first, line.last or report.period.last
            yield (kind, line.key, line.name, first, last, report.period.zone, *figures)


def _names(inviters: Iterable[int | None]) -> dict[int | None, str]:
    ids = [inviter_id for inviter_id in inviters if inviter_id is not None]
    people = db.session.scalars(select(User).where(User.id.in_(ids)))
    return {user.id: user.full_name for user in people}


def _labels(organization: Organization, links: Iterable[int | None]) -> dict[int | None, str]:
    ids = [link_id for link_id in links if link_id is not None]
    query = select(JoinLink.id, JoinLink.label).where(
        JoinLink.organization_id == organization.id, JoinLink.id.in_(ids)
    )
    return {link.id: link.label for link in db.session.execute(query)}


def _group_lines(
    organization: Organization, by_group: Iterable[report_counts.InGroup]
) -> list[ReportLine]:
    """Those of the groups that were not deleted, by their slugs."""
    query = select(Group.id, Group.slug, Group.name).where(
        Group.organization_id == organization.id, Group.is_kept
    )
    groups = {group.id: group for group in db.session.execute(query)}
    totals, names = _totals_by_key(), {group.slug: group.name for group in groups.values()}
    for one in by_group:
        if one.group_id in groups:
            totals[groups[one.group_id].slug].add(one.kind, one.number, one.seconds)
    return _lines(totals, names.__getitem__)


def _lines(totals: dict[Any, Totals], name: Callable[[Any], str]) -> list[ReportLine]:
    """Most invitations first; one line for all beyond those that are shown."""
    ordered = sorted(totals, key=lambda key: (-totals[key].invited, name(key)))
    rest = Totals()
    for key in ordered[SHOWN:]:
        rest.merge(totals[key])
    lines = [
        ReportLine("" if key is None else str(key), name(key), totals[key].figures())
        for key in ordered[:SHOWN]
    ]
    return [*lines, ReportLine(REST, OTHERS, rest.figures())] if ordered[SHOWN:] else lines
