"""The rows of one page of the table of invitations, read in the order of an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Subquery,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased, joinedload, selectinload

from webapp.db import db, rows
from webapp.domain.invitations import conditions
from webapp.domain.invitations.conditions import Shape
from webapp.domain.invitations.lines import LINE_COLUMNS, Criteria, InvitationLine, Ordering
from webapp.models import (
    Invitation,
    InvitationState,
    Membership,
    Organization,
    Suppression,
    User,
)

WINDOW = 2000  # rows looked through before the index for rare matches is used


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
    if criteria.is_group_alone and ordering.columns == ("id",):
        return _load(_of_group(ordering, whole), values, whole)
    # Frequent matches are found among the next rows; rare ones through an index of their own.
    shape = conditions.shape(criteria)
    matches = _load(_near(shape, status, ordering, whole, WINDOW), values, whole)
    if len(matches) == values["most"]:
        return matches
    if rows(_beyond(status, ordering, WINDOW), values).first() is None:
        return matches
    return _load(_rare(shape, status, ordering, whole), values, whole)


@lru_cache(maxsize=256)
def _page(status: str | None, ordering: Ordering, whole: bool) -> Select[Any]:
    query = _sorted(select(Invitation), Invitation, status, ordering)
    return _shown(query, Invitation, ordering, whole)


@lru_cache
def _of_group(ordering: Ordering, whole: bool) -> Select[Any]:
    return _shown(conditions.of_group(ordering), Invitation, ordering, whole)


@lru_cache(maxsize=256)
def _near(
    shape: Shape, status: str | None, ordering: Ordering, whole: bool, window: int
) -> Select[Any]:
    """Those that fit among the next rows."""
    unfiltered = _sorted(select(Invitation), Invitation, status, ordering)
    near: type[Invitation] = aliased(Invitation, unfiltered.limit(window).subquery())
    query = conditions.narrow(select(near), shape, near).order_by(*_order(near, ordering))
    return _shown(query, near, ordering, whole)


@lru_cache(maxsize=256)
def _beyond(status: str | None, ordering: Ordering, window: int) -> Select[Any]:
    """The first row after those."""
    unfiltered = _sorted(select(Invitation.id), Invitation, status, ordering)
    return unfiltered.offset(window).limit(1)


@lru_cache(maxsize=256)
def _rare(shape: Shape, status: str | None, ordering: Ordering, whole: bool) -> Select[Any]:
    """All that fit, by an index of their own."""
    searched = shape.is_searched
    query = _sorted(select(Invitation), Invitation, status, ordering, searched=searched)
    return _shown(conditions.narrow(query, shape), Invitation, ordering, whole)


def _load(query: Select[Any], values: Mapping[str, Any], whole: bool) -> list[Any]:
    if whole:
        return list(db.session.scalars(query, values))
    return [InvitationLine._make(row) for row in rows(query, values)]


def _shown(
    query: Select[Any], entity: type[Invitation], ordering: Ordering, whole: bool
) -> Select[Any]:
    most: BindParameter[int] = bindparam("most")
    if whole:
        return query.options(joinedload(entity.inviter), selectinload(entity.groups)).limit(most)
    # The rows first, then the joins: nothing is joined for rows that are not shown.
    names = (*LINE_COLUMNS, "organization_id", "inviter_id")
    columns = [getattr(entity, name) for name in names]
    page = query.with_only_columns(*columns, maintain_column_froms=True).limit(most).subquery()
    return _joined(page).order_by(*_order(page.c, ordering))


def _joined(page: Subquery) -> Select[Any]:
    """The columns of InvitationLines, from those of the invitations alone."""
    organization_id, inviter_id = page.c.organization_id, page.c.inviter_id
    by_an_admin = and_(Membership.id.is_not(None), Membership.is_active_admin)
    is_backed = or_(inviter_id.is_(None), by_an_admin)
    return (
        select(*list(page.c)[: len(LINE_COLUMNS)], User.full_name, Suppression.reason, is_backed)
        .select_from(page)
        .outerjoin(User, User.id == inviter_id)
        .outerjoin(
            Membership,
            and_(Membership.organization_id == organization_id, Membership.user_id == inviter_id),
        )
        .outerjoin(
            Suppression,
            and_(
                Suppression.organization_id == organization_id,
                Suppression.email_key == page.c.email_key,
            ),
        )
    )


def _order(source: Any, ordering: Ordering) -> list[ColumnElement[Any]]:
    columns = [getattr(source, name) for name in ordering.columns]
    return [column.desc() if ordering.descending else column.asc() for column in columns]


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
    return query.order_by(*_order(entity, ordering))
