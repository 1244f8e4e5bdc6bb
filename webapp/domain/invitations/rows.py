"""The rows of one page of the table of invitations, read in the order of an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select

from webapp.db import db, rows
from webapp.domain.invitations import carriers, conditions, statements
from webapp.domain.invitations.conditions import Shape
from webapp.domain.invitations.lines import Criteria, InvitationLine, Ordering
from webapp.models import InvitationState, Organization

WINDOW = 2000  # rows looked through before the index for rare matches is used
FEW = 400  # of a group, in its own order, before the index of another is used
UNCOMMON = (InvitationState.REVOKED, InvitationState.DECLINED)  # seldom found among so few
# Of a group, in another order than the group's own: up to so many are sorted, more are first looked
# for among the next in the index of the order, and sorted only up to a greater number.
SORTED_LEAST, SCAN, SORTED_MOST = 1000, 20_000, 10_000


def find(
    organization: Organization,
    criteria: Criteria,
    ordering: Ordering,
    start: Sequence[Any] | None,
    limit: int,
    *,
    whole: bool,
) -> list[Any]:
    """The first rows after a place: InvitationLines, or whole Invitations with their inviters."""
    values = {**conditions.values(organization, criteria), "most": limit}
    values |= {f"place_{n}": value for n, value in enumerate(start or ())}
    if criteria.status != InvitationState.EXPIRED:
        return _rows(criteria, criteria.status, ordering, values, whole)
    # Expired are those that the sweep has marked and those that it has not: each has its index.
    expired = [
        row
        for status in (criteria.status, conditions.OVERDUE)
        for row in _rows(criteria, status, ordering, values, whole)
    ]
    expired.sort(key=lambda row: place(ordering.columns, row), reverse=ordering.descending)
    return expired[:limit]


def place(columns: Sequence[str], row: Any) -> tuple[Any, ...]:
    """The place of a row in the order."""
    return tuple(getattr(row, name) for name in columns)


def _rows(
    criteria: Criteria,
    status: str | None,
    ordering: Ordering,
    values: Mapping[str, Any],
    whole: bool,
) -> list[Any]:
    if not criteria.is_narrow:
        return _load(statements.page(status, ordering, whole), values, whole)
    shape = conditions.shape(criteria)
    if shape.has_group and not shape.has_link:
        return _of_group(shape, status, ordering, values, whole)
    if shape.has_link:  # all of them are read
        return _load(statements.rare(shape, status, ordering, whole), values, whole)
    in_order = shape.is_search_alone and status is None and ordering.columns == ("id",)
    if in_order and shape.on_sqlite:
        # The full-text table gives them in this order, and stops at the last one wanted.
        return _load(statements.of_search(shape, ordering, whole), values, whole)
    # Frequent matches are found among the next rows; rare ones through an index of their own.
    matches = _load(statements.near(shape, status, ordering, whole, WINDOW), values, whole)
    if len(matches) == values["most"]:
        return matches
    if rows(statements.beyond(status, ordering, WINDOW), values).first() is None:
        return matches
    if in_order:
        return _load(statements.of_search(shape, ordering, whole), values, whole)
    return _load(statements.rare(shape, status, ordering, whole), values, whole)


def _of_group(
    shape: Shape, status: str | None, ordering: Ordering, values: Mapping[str, Any], whole: bool
) -> list[Any]:
    by_id = ordering.columns == ("id",)
    if by_id and status is None and shape.is_group_alone:
        return _load(carriers.in_its_order(ordering, whole, shape.on_sqlite), values, whole)
    if status == conditions.OVERDUE:
        return _load(carriers.overdue(shape, ordering, whole), values, whole)
    is_common = by_id and status not in UNCOMMON and not shape.is_undelivered
    if is_common:
        matches = _load(carriers.near(shape, status, ordering, whole, FEW), values, whole)
        if len(matches) == values["most"]:
            return matches
    size = _size(values)
    if is_common and size <= FEW:
        return matches
    if size > SORTED_LEAST:
        matches = _load(carriers.in_order(shape, status, ordering, whole, SCAN), values, whole)
        if len(matches) == values["most"]:
            return matches
        if rows(carriers.past(shape, status, ordering, SCAN), values).first() is None:
            return matches
    if size <= SORTED_MOST and not shape.words_are_indexed:
        return _load(carriers.sorted_whole(shape, status, ordering, whole), values, whole)
    return _load(statements.rare(shape, status, ordering, whole), values, whole)


def _size(values: Mapping[str, Any]) -> int:
    """How many carry the group, or one more than SORTED_MOST."""
    return int(rows(carriers.size(SORTED_MOST + 1), values).scalar_one())


def _load(query: Select[Any], values: Mapping[str, Any], whole: bool) -> list[Any]:
    if whole:
        return list(db.session.scalars(query, values))
    return [InvitationLine._make(row) for row in rows(query, values)]
