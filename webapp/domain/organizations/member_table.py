"""The table of an organization's members, page by page, and who has not joined yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from webapp import clock
from webapp.db import db
from webapp.domain import cursors, pagination, texts
from webapp.domain.pagination import Page
from webapp.models import (
    RESENDABLE,
    GroupMember,
    Invitation,
    Membership,
    Organization,
    User,
)

SIZE = 50
WAITING = 20
LONGEST = 254
STATUSES = ("active", "ending", "ended", "deactivated")
SOON = timedelta(days=30)  # how near an end is to be listed as one
KINDS = (cursors.number,)


@dataclass(frozen=True, slots=True)
class MemberFilters:
    """Which members to find: with a status, in a group, with the words in name or address.

    With `sponsor_id` only those for whom that user answers.
    """

    status: str = STATUSES[0]
    words: str = ""
    group_id: int | None = None  # 0: a group that there is not
    group: str = ""  # its slug
    sponsor_id: int | None = None

    @classmethod
    def of(
        cls,
        *,
        status: str | None = None,
        q: str | None = None,
        group_id: int | None = None,
        group: str | None = None,
        sponsor_id: int | None = None,
    ) -> MemberFilters:
        """The filters of a page's query string, without unknown values."""
        status = status if status in STATUSES else STATUSES[0]
        return cls(status, _words(q), group_id, _words(group)[:40], sponsor_id)


def is_place(cursor: str) -> bool:
    """Whether the text is a place in the table."""
    return cursors.read(cursor, KINDS) is not None


def page(
    organization: Organization,
    filters: MemberFilters,
    *,
    after: str | None = None,
    before: str | None = None,
    size: int | None = None,
) -> Page[Membership]:
    """The page after or before a cursor, or the first, in the order in which they joined."""
    matching = _matching(organization, filters).options(
        joinedload(Membership.user), selectinload(Membership.groups)
    )

    place = _place(filters)

    def find(start: Any, backwards: bool, limit: int) -> list[Membership]:
        query = matching.order_by(place.desc() if backwards else place)
        if start:
            query = query.where(place < start[0] if backwards else place > start[0])
        return list(db.session.scalars(query.limit(limit)))

    asked = pagination.Asked(after, before, False, size or SIZE)
    return pagination.cut(asked, KINDS, find, lambda row: (row.id,))


def _place(filters: MemberFilters) -> ColumnElement[int]:
    """The order of the members; the index of a group has its own in the same."""
    by_group = filters.group_id is not None
    place: ColumnElement[int] = (
        GroupMember.membership_id if by_group else Membership.id
    ).expression
    return place


def count(organization: Organization, filters: MemberFilters) -> int:
    """How many members match, on all pages."""
    matching = _matching(organization, filters).subquery()
    return db.session.scalar(select(func.count()).select_from(matching)) or 0


def count_before(organization: Organization, filters: MemberFilters, member: Membership) -> int:
    """How many matching members are listed before this one."""
    before = _matching(organization, filters).where(Membership.id < member.id).subquery()
    return db.session.scalar(select(func.count()).select_from(before)) or 0


def _matching(organization: Organization, filters: MemberFilters) -> Select[Membership]:
    owner: ColumnElement[int] = Membership.organization_id.expression
    if filters.group_id is not None:
        owner = func.coalesce(owner, owner)  # hides it from its index: the group has its own
    query = (
        select(Membership)
        .join(Membership.user)
        .where(owner == organization.id, *_with_status(filters.status))
    )
    if filters.group_id is not None:
        in_group = and_(
            GroupMember.membership_id == Membership.id, GroupMember.group_id == filters.group_id
        )
        query = query.join(GroupMember, in_group)
    if filters.sponsor_id is not None:
        query = query.where(Membership.sponsor_id == filters.sponsor_id)
    if filters.words:
        query = query.where(_contains(filters.words, User.full_name, User.email))
    return query


def _with_status(status: str) -> Sequence[ColumnElement[bool]]:
    """Those with access, with an end that is near, whose end has come, or deactivated."""
    now = clock.now()
    if status == "deactivated":
        return (Membership.status == status,)
    if status == "ended":
        return (Membership.status == "active", Membership.ends_at <= now)
    is_near = (Membership.ends_at <= now + SOON,) if status == "ending" else ()
    return (Membership.has_access, *is_near)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The newest invited people who can still join, and whether there are more."""

    rows: Sequence[Invitation]
    more: bool


# Built once: building it took longer than running it.
_LATER = aliased(Invitation)
_WAITING = (
    select(Invitation)
    .where(
        Invitation.organization_id == bindparam("organization"),
        Invitation.state.in_(RESENDABLE),
        ~exists().where(
            _LATER.organization_id == bindparam("organization"),
            _LATER.email_key == Invitation.email_key,
            _LATER.id > Invitation.id,
        ),
    )
    .order_by(Invitation.id.desc())
    .limit(WAITING + 1)
)


def waiting(organization: Organization, q: str | None = None) -> Waiting:
    """The people whose newest invitation is pending or expired, filtered by name or address."""
    words, query = _words(q), _WAITING
    if words:
        query = query.where(_contains(words, Invitation.name, Invitation.email))
    rows = db.session.scalars(query, {"organization": organization.id}).all()
    return Waiting(rows[:WAITING], len(rows) > WAITING)


def _contains(words: str, *columns: Any) -> ColumnElement[bool]:
    return or_(*(column.icontains(words, autoescape=True) for column in columns))


def _words(q: str | None) -> str:
    """The searchable words of what was typed: without NUL, which PostgreSQL refuses."""
    return " ".join(texts.showable(q or "").split())[:LONGEST]
