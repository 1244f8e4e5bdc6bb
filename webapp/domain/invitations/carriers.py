"""The invitations that carry a group, found by the group's own index or in another order."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    bindparam,
    false,
    func,
    select,
    true,
)
from sqlalchemy.orm import aliased

from webapp.domain.invitations import conditions, statements
from webapp.domain.invitations.conditions import Shape
from webapp.domain.invitations.lines import Ordering
from webapp.domain.invitations.shown import order, shown
from webapp.models import Invitation, InvitationGroup

# What no place in an order comes before, or after.
ENDS: dict[str, tuple[Any, Any]] = {
    "id": (0, 2**63 - 1),
    "email_key": ("", "\U0010ffff"),
    "expires_at": (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)),
}
_NO_OTHERS: dict[str, Any] = {"has_group": False, "words_are_indexed": ()}
_PLACE: ColumnElement[int] = InvitationGroup.invitation_id.expression


def of_group(*, on_sqlite: bool) -> tuple[Select[Any], type[Invitation]]:
    """Those that carry a group, by the group's own index; and the entity that is read.

    Left to themselves both databases would rather read the index of all until enough carry it.
    """
    ours: BindParameter[int] = bindparam("organization")
    entity = Invitation
    if on_sqlite:
        # Hides the invitations from that index.
        its: ColumnElement[Any] = func.coalesce(Invitation.organization_id, 0)
        query = select(Invitation).join(InvitationGroup, Invitation.id == _PLACE).where(its == ours)
    else:
        # PostgreSQL looks up one after the other what a subquery with an OFFSET finds.
        one = select(Invitation).where(Invitation.id == _PLACE, Invitation.organization_id == ours)
        entity = aliased(Invitation, one.offset(0).correlate(InvitationGroup).lateral())
        query = select(entity).select_from(InvitationGroup).join(entity, true())
    query = query.where(InvitationGroup.group_id == bindparam("group"))
    return query, entity


def places(ordering: Ordering) -> Select[Any]:
    """The ids of those that carry a group, by its index alone."""
    carried = aliased(InvitationGroup)  # apart from the rows of a query around it
    place: ColumnElement[int] = carried.invitation_id.expression
    query = select(place).where(carried.group_id == bindparam("group"))
    return _in_its_order(query, place, ordering)


def _in_its_order(query: Select[Any], place: ColumnElement[int], ordering: Ordering) -> Select[Any]:
    if ordering.has_start:
        edge: BindParameter[int] = bindparam("place_0")
        query = query.where(place < edge if ordering.descending else place > edge)
    return query.order_by(place.desc() if ordering.descending else place.asc())


@lru_cache
def in_its_order(ordering: Ordering, whole: bool, on_sqlite: bool) -> Select[Any]:
    """All that carry a group, in the order of the group's own index."""
    query, entity = of_group(on_sqlite=on_sqlite)
    return shown(_in_its_order(query, _PLACE, ordering), entity, ordering, whole)


@lru_cache(maxsize=256)
def near(
    shape: Shape, status: str | None, ordering: Ordering, whole: bool, window: int
) -> Select[Any]:
    """Those that fit among the next that carry a group, of which the last is looked up first.

    So they come in order, and no more are read than are wanted.
    """
    query, entity = of_group(on_sqlite=shape.on_sqlite)
    query = _in_its_order(query, _PLACE, ordering)
    last = places(ordering).offset(window - 1).limit(1).scalar_subquery()
    least, most = ENDS["id"]
    if ordering.descending:
        query = query.where(func.coalesce(last, least) <= _PLACE)
    else:
        query = query.where(func.coalesce(last, most) >= _PLACE)
    query = query.where(conditions.has_status(status, ordering, entity))
    query = conditions.narrow(query, _rest(shape), entity)
    return shown(query, entity, ordering, whole)


@lru_cache(maxsize=256)
def sorted_whole(shape: Shape, status: str | None, ordering: Ordering, whole: bool) -> Select[Any]:
    """All that carry the group and fit, sorted."""
    query, entity = of_group(on_sqlite=shape.on_sqlite)
    query = query.where(conditions.has_status(status, ordering, entity))
    query = conditions.narrow(query, _rest(shape), entity)
    return shown(statements.in_order(query, entity, ordering), entity, ordering, whole)


@lru_cache(maxsize=256)
def overdue(shape: Shape, ordering: Ordering, whole: bool) -> Select[Any]:
    """Those that ran out since the last sweep; there are few, of any group."""
    query = statements.sorted_by(select(Invitation), Invitation, conditions.OVERDUE, ordering)
    query = conditions.narrow(query.where(conditions.carries(Invitation.id)), _rest(shape))
    return shown(query, Invitation, ordering, whole)


@lru_cache(maxsize=256)
def in_order(
    shape: Shape, status: str | None, ordering: Ordering, whole: bool, window: int
) -> Select[Any]:
    """Those that fit among the next rows of another index, until enough of these carry the group.

    Only the carriers are looked up, and no more of them than are wanted.
    """
    if shape.on_sqlite:
        query = _in_order_on_sqlite(shape, status, ordering, window)
        return shown(query, Invitation, ordering, whole)
    next_ones = _indexed(shape, status, ordering).limit(window).subquery()
    # By a hash of the group's, so that PostgreSQL neither sorts nor looks each up by itself.
    carried = func.coalesce(next_ones.c.id.in_(conditions.CARRIERS), false())
    ours = Invitation.organization_id == bindparam("organization")
    one = select(Invitation).where(Invitation.id == next_ones.c.id, ours).offset(0)
    entity: type[Invitation] = aliased(Invitation, one.correlate(next_ones).lateral())
    query = select(entity).select_from(next_ones).join(entity, true())
    query = query.where(carried, conditions.has_status(status, ordering, entity))
    query = conditions.narrow(query, _rest(shape), entity).order_by(*order(next_ones.c, ordering))
    return shown(query, entity, ordering, whole)


def _in_order_on_sqlite(
    shape: Shape, status: str | None, ordering: Ordering, window: int
) -> Select[Any]:
    """SQLite looks up only what fits by all that the index knows."""
    its_id: ColumnElement[int] = Invitation.id.expression
    column: ColumnElement[Any] = getattr(Invitation, ordering.columns[0]).expression
    ids = _indexed(shape, status, ordering).with_only_columns(column)
    last = ids.offset(window - 1).limit(1).scalar_subquery().correlate(None)
    least, most = (bindparam(None, end, type_=column.type) for end in ENDS[ordering.columns[0]])
    if ordering.descending:
        within = column >= func.coalesce(last, least)
    else:
        within = column <= func.coalesce(last, most)
    query = _indexed(shape, status, ordering).with_only_columns(Invitation)
    query = query.where(
        within,
        func.coalesce(its_id, its_id).in_(conditions.CARRIERS),
        conditions.has_status(status, ordering),
    )
    return conditions.narrow(query, _rest(shape), Invitation)


@lru_cache(maxsize=256)
def past(shape: Shape, status: str | None, ordering: Ordering, window: int) -> Select[Any]:
    """The first row after those of `in_order`."""
    return _indexed(shape, status, ordering).offset(window).limit(1)


def _indexed(shape: Shape, status: str | None, ordering: Ordering) -> Select[Any]:
    """The rows of an index by itself: as much of the criteria as one index has, in its order."""
    names = dict.fromkeys(["id", *ordering.columns])
    query = select(*(getattr(Invitation, name) for name in names))
    query = query.where(Invitation.organization_id == bindparam("organization"))
    if shape.is_undelivered:
        query = conditions.narrow(query, shape._replace(has_inviter=False, **_NO_OTHERS))
    elif shape.has_inviter and status is None and ordering.columns == ("id",):
        query = conditions.narrow(query, shape._replace(has_delivery=False, **_NO_OTHERS))
    else:
        query = query.where(conditions.has_state(status, ordering))
    return statements.in_order(query, Invitation, ordering)


def _rest(shape: Shape) -> Shape:
    """What is asked for of those that carry the group."""
    return shape._replace(has_group=False)


@lru_cache
def size(most: int) -> Select[Any]:
    """How many carry the group, up to that many."""
    return select(func.count()).select_from(conditions.CARRIERS.limit(most).subquery())
