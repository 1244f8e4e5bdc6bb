"""The rows of one page of the table of invitations: each found in an index's own order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.orm import aliased, joinedload

from webapp import clock
from webapp.db import db, rows
from webapp.domain.invitations import search
from webapp.domain.invitations.lines import LINE_COLUMNS, Line, Sought, Walk
from webapp.models import (
    UNDELIVERED,
    DeliveryState,
    Invitation,
    InvitationState,
    Membership,
    Organization,
    Suppression,
    User,
)

WINDOW = 2000  # rows that are looked through before an index of what is rare is asked
# What was asked for as expired, but the sweep has not marked yet.
OVERDUE = "overdue"


def find(
    organization: Organization,
    sought: Sought,
    walk: Walk,
    start: Sequence[Any] | None,
    limit: int,
    *,
    whole: bool,
) -> list[Any]:
    """The first rows from a place on: Lines, or whole Invitations with their inviters."""
    values = {"organization": organization.id, "now": clock.now(), "most": limit}
    values |= {f"place_{n}": value for n, value in enumerate(start or ())}
    if sought.status != InvitationState.EXPIRED:
        return _rows(organization, sought, sought.status, walk, values, whole)
    # Expired is what the sweep has marked and what it has not reached: each has its index.
    found = [
        row
        for status in (sought.status, OVERDUE)
        for row in _rows(organization, sought, status, walk, values, whole)
    ]
    found.sort(key=lambda row: place(walk.columns, row), reverse=walk.descending)
    return found[:limit]


def place(columns: Sequence[str], row: Any) -> tuple[Any, ...]:
    """Where a row stands in the order."""
    return tuple(getattr(row, name) for name in columns)


def _rows(
    organization: Organization,
    sought: Sought,
    status: str | None,
    walk: Walk,
    values: Mapping[str, Any],
    whole: bool,
) -> list[Any]:
    if not sought.is_narrow:
        return _load(_page(status, walk, whole), values, whole)
    # What many rows have is found among the next ones; what few have, by an index of its own.
    all_of_it = _sorted(select(Invitation), Invitation, status, walk)
    near: type[Invitation] = aliased(Invitation, all_of_it.limit(WINDOW).subquery())
    query = _narrowed(select(near), organization, sought, near)
    query = query.order_by(*_by(near, walk))
    found = _load(_shown(query, near, walk, whole), values, whole)
    beyond = all_of_it.with_only_columns(Invitation.id).offset(WINDOW).limit(1)
    if len(found) == values["most"] or rows(beyond, values).first() is None:
        return found
    searched = search.is_indexed(sought.words)
    rare = _sorted(select(Invitation), Invitation, status, walk, searched=searched)
    rare = _narrowed(rare, organization, sought, None)
    return _load(_shown(rare, Invitation, walk, whole), values, whole)


@lru_cache(maxsize=256)
def _page(status: str | None, walk: Walk, whole: bool) -> Select[Any]:
    query = _sorted(select(Invitation), Invitation, status, walk)
    return _shown(query, Invitation, walk, whole)


def _load(query: Select[Any], values: Mapping[str, Any], whole: bool) -> list[Any]:
    if whole:
        return list(db.session.scalars(query, values))
    return [Line._make(row) for row in rows(query, values)]


def _shown(query: Select[Any], entity: type[Invitation], walk: Walk, whole: bool) -> Select[Any]:
    most: BindParameter[int] = bindparam("most")
    if whole:
        return query.options(joinedload(entity.inviter)).limit(most)
    # First the rows, then what stands beside each: nothing is joined for rows that are not shown.
    wanted = (*LINE_COLUMNS, "organization_id", "inviter_id")
    columns = [getattr(entity, name) for name in wanted]
    page = query.with_only_columns(*columns, maintain_column_froms=True).limit(most).subquery()
    key = (page.c.organization_id, page.c.email_key)
    by_an_admin = and_(Membership.id.is_not(None), Membership.is_active_admin)
    is_backed = or_(page.c.inviter_id.is_(None), by_an_admin)
    return (
        select(*list(page.c)[:8], User.full_name, Suppression.reason, is_backed)
        .select_from(page)
        .outerjoin(User, User.id == page.c.inviter_id)
        .outerjoin(
            Membership,
            and_(Membership.organization_id == key[0], Membership.user_id == page.c.inviter_id),
        )
        .outerjoin(
            Suppression,
            and_(Suppression.organization_id == key[0], Suppression.email_key == key[1]),
        )
        .order_by(*_by(page.c, walk))
    )


def _by(holder: Any, walk: Walk) -> list[ColumnElement[Any]]:
    columns = [getattr(holder, name) for name in walk.columns]
    return [column.desc() if walk.descending else column.asc() for column in columns]


def _sorted(
    query: Select[Any],
    entity: type[Invitation],
    status: str | None,
    walk: Walk,
    *,
    searched: bool = False,
) -> Select[Any]:
    columns = [getattr(entity, name) for name in walk.columns]
    owner: ColumnElement[Any] = entity.organization_id.expression
    if searched:
        # Every order's index begins with it: none is walked in place of the search's own.
        owner = func.coalesce(owner, owner)
    query = query.where(_has_status(status, walk), owner == bindparam("organization"))
    if walk.has_start:
        edge = tuple_(*(bindparam(f"place_{n}", type_=c.type) for n, c in enumerate(columns)))
        row = tuple_(*columns)
        query = query.where(row < edge if walk.descending else row > edge)
    return query.order_by(*_by(entity, walk))


def _has_status(status: str | None, walk: Walk) -> ColumnElement[bool]:
    """The status as everyone sees it, but for OVERDUE: past its end nothing is pending."""
    ends: ColumnElement[Any] = Invitation.expires_at.expression
    now: Any = bindparam("now", type_=ends.type)
    pending = Invitation.state == InvitationState.PENDING
    if status is None:
        return true()
    if status == OVERDUE:
        return and_(Invitation.is_overdue(now))
    if status != InvitationState.PENDING:
        return Invitation.state == status
    if "expires_at" not in walk.columns:
        # SQLite would take the index of the ends, and sort all that is pending.
        ends = func.coalesce(ends, ends)
    return and_(pending, ends > now)


def _narrowed(
    query: Select[Any],
    organization: Organization,
    sought: Sought,
    near: type[Invitation] | None,
) -> Select[Any]:
    entity = near or Invitation
    if sought.delivery:
        query = query.where(entity.delivery_state == sought.delivery)
    if sought.delivery and sought.delivery != DeliveryState.SENT and not near:
        query = query.where(text(UNDELIVERED))
    if sought.inviter_id:
        query = query.where(entity.inviter_id == sought.inviter_id)
    if sought.words and near:
        query = query.where(near.words.contains(sought.words, autoescape=True))
    elif sought.words:
        query = query.where(search.found(organization, sought.words))
    return query
