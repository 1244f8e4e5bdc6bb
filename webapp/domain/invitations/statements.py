"""The statements that find one page of the table of invitations, each built once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select, tuple_
from sqlalchemy.orm import aliased

from webapp.domain.invitations import conditions, search
from webapp.domain.invitations.conditions import Shape
from webapp.domain.invitations.lines import Ordering
from webapp.domain.invitations.shown import order, shown
from webapp.models import Invitation


@lru_cache(maxsize=256)
def page(status: str | None, ordering: Ordering, whole: bool) -> Select[Any]:
    """All of a status."""
    query = sorted_by(select(Invitation), Invitation, status, ordering)
    return shown(query, Invitation, ordering, whole)


@lru_cache(maxsize=256)
def near(
    shape: Shape, status: str | None, ordering: Ordering, whole: bool, window: int
) -> Select[Any]:
    """Those that fit among the next rows."""
    unfiltered = sorted_by(select(Invitation), Invitation, status, ordering)
    entity: type[Invitation] = aliased(Invitation, unfiltered.limit(window).subquery())
    query = conditions.narrow(select(entity), shape, entity).order_by(*order(entity, ordering))
    return shown(query, entity, ordering, whole)


@lru_cache(maxsize=256)
def beyond(status: str | None, ordering: Ordering, window: int) -> Select[Any]:
    """The first row after those."""
    unfiltered = sorted_by(select(Invitation.id), Invitation, status, ordering)
    return unfiltered.offset(window).limit(1)


@lru_cache
def of_search(shape: Shape, ordering: Ordering, whole: bool) -> Select[Any]:
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
def rare(shape: Shape, status: str | None, ordering: Ordering, whole: bool) -> Select[Any]:
    """All that fit, by an index of their own."""
    searched = shape.is_searched
    query = sorted_by(select(Invitation), Invitation, status, ordering, searched=searched)
    return shown(conditions.narrow(query, shape), Invitation, ordering, whole)


def sorted_by(
    query: Select[Any],
    entity: type[Invitation],
    status: str | None,
    ordering: Ordering,
    *,
    searched: bool = False,
) -> Select[Any]:
    """Those with a status, in the order."""
    owner: ColumnElement[Any] = entity.organization_id.expression
    if searched:
        # Hides it from the indexes of the orders, which begin with it: the search has its own.
        owner = func.coalesce(owner, owner)
    query = query.where(conditions.has_status(status, ordering), owner == bindparam("organization"))
    return in_order(query, entity, ordering)


def in_order(query: Select[Any], entity: type[Invitation], ordering: Ordering) -> Select[Any]:
    """From the place on, in the order."""
    if ordering.has_start:
        columns = [getattr(entity, name) for name in ordering.columns]
        edge = tuple_(*(bindparam(f"place_{n}", type_=c.type) for n, c in enumerate(columns)))
        row = tuple_(*columns)
        query = query.where(row < edge if ordering.descending else row > edge)
    return query.order_by(*order(entity, ordering))
