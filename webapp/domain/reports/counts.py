"""The invitations behind a report, read from the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from webapp import replicas
from webapp.db import db
from webapp.domain.reports import queries
from webapp.domain.reports.periods import Period, Week
from webapp.domain.reports.queries import ALL, Only
from webapp.models import Group, Invitation, Organization


class Kind(NamedTuple):
    """What became of an invitation: its status, and 1 or 0 for each of the rest."""

    status: str
    sent: int
    delivered: int
    opened: int


class Alike(NamedTuple):
    """Invitations of one inviter, role, domain, join link and kind.

    How many they are, and how many whole seconds the accepted ones took.
    """

    inviter_id: int | None
    role: str
    domain: str
    link_id: int | None
    kind: Kind
    number: int
    seconds: list[int]


class InGroup(NamedTuple):
    """Invitations of one kind that carry a group: how many, and the seconds as above."""

    group_id: int
    kind: Kind
    number: int
    seconds: list[int]


Weeks = list[tuple[Week, list[Alike]]]


@replicas.read
def of_period(
    organization: Organization, period: Period, only: Only
) -> tuple[Weeks, list[InGroup]]:
    """The invitations made in the period: for each week from the first that has one; by group."""
    ends = span(organization, period.start, period.until, only)
    if not ends:
        return [], []
    weeks = [
        (week, list(of(organization, week.start, week.until, only))) for week in period.weeks(*ends)
    ]
    return weeks, _by_group(organization, period, only)


def span(
    organization: Organization, start: datetime, until: datetime, only: Only = ALL
) -> tuple[datetime, datetime] | None:
    """When the first and last invitation in this time was made: the two ends of the index."""
    created = select(Invitation.created_at).where(*queries.made(organization, start, until, only))
    ends = (Invitation.created_at.asc(), Invitation.created_at.desc())
    first, last = (db.session.scalar(created.order_by(end).limit(1)) for end in ends)
    return (first, last) if first and last else None


def of(
    organization: Organization, start: datetime, until: datetime, only: Only = ALL
) -> Iterator[Alike]:
    """The invitations made from `start` on and before `until`; equal ones may come in parts."""
    for inviter_id, role, domain, link_id, *kind, number, seconds in db.session.execute(
        queries.alike(organization, start, until, only)
    ):
        yield Alike(inviter_id, role, domain, link_id, Kind(*kind), number, _split(seconds))


def _by_group(organization: Organization, period: Period, only: Only) -> list[InGroup]:
    has_groups = select(Group.id).where(Group.organization_id == organization.id).limit(1)
    if db.session.scalar(has_groups) is None:
        return []
    found = db.session.execute(queries.by_group(organization, period.start, period.until, only))
    return [
        InGroup(group_id, Kind(*kind), number, _split(seconds))
        for group_id, *kind, number, seconds in found
    ]


def _split(seconds: str | None) -> list[int]:
    return list(map(int, seconds.split(","))) if seconds else []
