"""How many invitations fit some criteria, counted one by one but never too many."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import aliased

from webapp.db import rows
from webapp.domain.invitations import carriers, conditions
from webapp.domain.invitations.conditions import Shape
from webapp.domain.invitations.lines import Criteria
from webapp.models import Invitation, InvitationState, Organization

WINDOW = 20_000  # invitations that are looked through without an index
MANY = 1_000  # matches among the newest WINDOW; then all of them are not counted
MOST = 10_000  # matches that are counted
SAMPLE = 2_000  # the newest; a tenth of the WINDOW shows for most searches what all of it would


class Tally(NamedTuple):
    """How many fit of each status, and in all; None: too many to count."""

    by_status: Counter[str] | None
    total: int | None


def total(by_status: Counter[str], status: str | None) -> int:
    """How many there are of that status; without one, of all."""
    return by_status[status] if status else by_status.total()


def of(organization: Organization, criteria: Criteria, among: int) -> Tally:
    """How many fit the criteria; of each status, whatever status these ask for.

    `among` is how many invitations there are. By status they are not counted where more than MANY
    fit or carry the group, and counting would take longer than finding them.
    """
    if criteria.has_group and not criteria.words:
        size = rows(carriers.size(MOST + 1), conditions.values(organization, criteria)).scalar_one()
        if size > (MANY if among > WINDOW else MOST):
            is_counted = criteria.is_group_alone and size <= MOST
            return Tally(None, size if is_counted else None)
    counts = _by_status(organization, criteria, among)
    if counts is None:
        return Tally(None, None)
    return Tally(counts, total(counts, criteria.status))


def _by_status(organization: Organization, criteria: Criteria, among: int) -> Counter[str] | None:
    if criteria._replace(status=None).is_group_alone:
        return _count(_of_group(MOST, conditions.shape(criteria).on_sqlite), organization, criteria)
    if criteria.link_id:
        return _count(_everywhere(conditions.shape(criteria), MOST), organization, criteria)
    if among <= WINDOW:
        return _near(organization, criteria, WINDOW, WINDOW)
    sample = _near(organization, criteria, SAMPLE, SAMPLE)
    seems_common = sample.total() * WINDOW > MANY * SAMPLE
    if seems_common and _near(organization, criteria, WINDOW, MANY + 1).total() > MANY:
        return None
    shape = conditions.shape(criteria)
    counts = _count(_everywhere(shape, MOST + 1), organization, criteria)
    return counts if counts.total() <= MOST else None


def _near(organization: Organization, criteria: Criteria, among: int, most: int) -> Counter[str]:
    """How many fit among that many of the newest; stops counting at `most`."""
    shape = conditions.shape(criteria)
    return _count(_among_the_newest(shape, among, most), organization, criteria)


@lru_cache(maxsize=256)
def _among_the_newest(shape: Shape, among: int, most: int) -> Select[Any]:
    newest = select(Invitation).where(Invitation.organization_id == bindparam("organization"))
    newest = newest.order_by(Invitation.id.desc()).limit(among)
    near: type[Invitation] = aliased(Invitation, newest.subquery())
    return _counted(conditions.narrow(_states(near), shape, near).limit(most))


@lru_cache(maxsize=256)
def _everywhere(shape: Shape, most: int) -> Select[Any]:
    owner: Any = Invitation.organization_id.expression
    if shape.is_searched:
        owner = func.coalesce(owner, owner)  # hides it from other indexes: the search has its own
    query = _states(Invitation).where(owner == bindparam("organization"))
    return _counted(conditions.narrow(query, shape).limit(most))


@lru_cache
def _of_group(most: int, on_sqlite: bool) -> Select[Any]:
    carried, entity = carriers.of_group(on_sqlite=on_sqlite)
    return _counted(carried.with_only_columns(*_status(entity)).limit(most))


def _states(entity: type[Invitation]) -> Select[Any]:
    return select(*_status(entity))


def _status(entity: type[Invitation]) -> tuple[Any, Any]:
    now: Any = bindparam("now", type_=entity.expires_at.type)
    overdue: Any = entity.is_overdue(now)
    return entity.state, overdue.label("overdue")


def _counted(query: Select[Any]) -> Select[Any]:
    found = query.subquery()
    state, overdue = found.c.state, found.c.overdue
    return select(state, overdue, func.count()).group_by(state, overdue)


def _count(statement: Select[Any], organization: Organization, criteria: Criteria) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, is_overdue, number in rows(statement, conditions.values(organization, criteria)):
        counts[InvitationState.EXPIRED.value if is_overdue else name] += number
    return counts
