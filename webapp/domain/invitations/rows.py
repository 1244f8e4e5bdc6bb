"""The rows of one page of the table of invitations, read in the order of an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select, tuple_
from sqlalchemy.orm import aliased

from webapp.db import db, rows
from webapp.domain.invitations import conditions, search
from webapp.domain.invitations.conditions import Shape
from webapp.domain.invitations.lines import Criteria, InvitationLine, Ordering
from webapp.domain.invitations.shown import order, shown
from webapp.models import Invitation, InvitationGroup, InvitationState, Organization

WINDOW = 2000  # rows looked through before the index for rare matches is used
FEW = 400
SORTED_MOST = 10_000  # of a group, in another order than the group's own


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
        return _load(_page(status, ordering, whole), values, whole)
    shape = conditions.shape(criteria)
    by_group = criteria.has_group and ordering.columns == ("id",)
    if by_group and status is None and criteria.is_group_alone:
        return _load(_of_group(ordering, whole, shape.on_sqlite), values, whole)
    if shape.has_link or (criteria.has_group and not by_group and _is_small(values)):
        return _load(_rare(shape, status, ordering, whole), values, whole)  # all of them are read
    in_order = shape.is_search_alone and status is None and ordering.columns == ("id",)
    if in_order and shape.on_sqlite:
        # The full-text table gives them in this order, and stops at the last one wanted.
        return _load(_of_search(shape, ordering, whole), values, whole)
    # Frequent matches are found among the next rows; rare ones through an index of their own.
    near = _near_of_group if by_group else _near
    # SQLite sorts all that it looks through in a group, so it looks through a few first.
    for window in (FEW, WINDOW) if by_group and shape.on_sqlite else (WINDOW,):
        matches = _load(near(shape, status, ordering, whole, window), values, whole)
        if len(matches) == values["most"]:
            return matches
    beyond = _beyond_of_group(ordering, WINDOW) if by_group else _beyond(status, ordering, WINDOW)
    if rows(beyond, values).first() is None:
        return matches
    if in_order:
        return _load(_of_search(shape, ordering, whole), values, whole)
    return _load(_rare(shape, status, ordering, whole), values, whole)


@lru_cache(maxsize=256)
def _page(status: str | None, ordering: Ordering, whole: bool) -> Select[Any]:
    query = _sorted(select(Invitation), Invitation, status, ordering)
    return shown(query, Invitation, ordering, whole)


def _is_small(values: Mapping[str, Any]) -> bool:
    """Whether so few carry the group that all of them are best sorted."""
    newest = Ordering(("id",), descending=True, has_start=False)
    return rows(_beyond_of_group(newest, SORTED_MOST), values).first() is None


@lru_cache
def _of_group(ordering: Ordering, whole: bool, on_sqlite: bool) -> Select[Any]:
    """Those that carry a group, in the order of the group's own index."""
    query, entity = conditions.of_group(ordering, on_sqlite=on_sqlite)
    return shown(query, entity, ordering, whole)


@lru_cache(maxsize=256)
def _near_of_group(
    shape: Shape, status: str | None, ordering: Ordering, whole: bool, window: int
) -> Select[Any]:
    """Those that fit among the next rows that carry a group."""
    carriers, _ = conditions.of_group(ordering, on_sqlite=shape.on_sqlite)
    # Sorted by the very column of the group's index, so that none is read beyond those wanted.
    place: ColumnElement[int] = InvitationGroup.invitation_id.expression
    next_ones = carriers.add_columns(place.label("place")).limit(window).subquery()
    near: type[Invitation] = aliased(Invitation, next_ones)
    query = select(near).where(conditions.has_status(status, ordering, near))
    shape = shape._replace(has_group=False)  # all of them carry it
    in_order = next_ones.c.place.desc() if ordering.descending else next_ones.c.place
    return shown(
        conditions.narrow(query, shape, near).order_by(in_order),
        near,
        ordering,
        whole,
    )


@lru_cache(maxsize=256)
def _beyond_of_group(ordering: Ordering, window: int) -> Select[Any]:
    return conditions.places_of_group(ordering).offset(window).limit(1)


@lru_cache(maxsize=256)
def _near(
    shape: Shape, status: str | None, ordering: Ordering, whole: bool, window: int
) -> Select[Any]:
    """Those that fit among the next rows."""
    unfiltered = _sorted(select(Invitation), Invitation, status, ordering)
    near: type[Invitation] = aliased(Invitation, unfiltered.limit(window).subquery())
    query = conditions.narrow(select(near), shape, near).order_by(*order(near, ordering))
    return shown(query, near, ordering, whole)


@lru_cache(maxsize=256)
def _beyond(status: str | None, ordering: Ordering, window: int) -> Select[Any]:
    """The first row after those."""
    unfiltered = _sorted(select(Invitation.id), Invitation, status, ordering)
    return unfiltered.offset(window).limit(1)


@lru_cache
def _of_search(shape: Shape, ordering: Ordering, whole: bool) -> Select[Any]:
    """Those that a search finds, in the order of its own index."""
    ids = search.first_ids(
        shape.words_are_indexed,
        on_sqlite=shape.on_sqlite,
        descending=ordering.descending,
        has_start=ordering.has_start,
    )
    owner: ColumnElement[Any] = Invitation.organization_id.expression
    query = select(Invitation).where(
        Invitation.id.in_(ids), func.coalesce(owner, owner) == bindparam("organization")
    )
    return shown(query.order_by(*order(Invitation, ordering)), Invitation, ordering, whole)


@lru_cache(maxsize=256)
def _rare(shape: Shape, status: str | None, ordering: Ordering, whole: bool) -> Select[Any]:
    """All that fit, by an index of their own."""
    searched = shape.is_searched
    query = _sorted(select(Invitation), Invitation, status, ordering, searched=searched)
    return shown(conditions.narrow(query, shape), Invitation, ordering, whole)


def _load(query: Select[Any], values: Mapping[str, Any], whole: bool) -> list[Any]:
    if whole:
        return list(db.session.scalars(query, values))
    return [InvitationLine._make(row) for row in rows(query, values)]


def _sorted(
    query: Select[Any],
    entity: type[Invitation],
    status: str | None,
    ordering: Ordering,
    *,
    searched: bool = False,
) -> Select[Any]:
    columns = [getattr(entity, name) for name in ordering.columns]
    owner: ColumnElement[Any] = entity.organization_id.expression
    if searched:
        # Hides it from the indexes of the orders, which begin with it: the search has its own.
        owner = func.coalesce(owner, owner)
    query = query.where(conditions.has_status(status, ordering), owner == bindparam("organization"))
    if ordering.has_start:
        edge = tuple_(*(bindparam(f"place_{n}", type_=c.type) for n, c in enumerate(columns)))
        row = tuple_(*columns)
        query = query.where(row < edge if ordering.descending else row > edge)
    return query.order_by(*order(entity, ordering))
