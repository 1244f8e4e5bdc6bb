"""The table of an organization's invitations: filtered, in an order, page by page.

Every page is found from the last row of the one before (keyset), so the millionth costs what the
first does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, text, true, tuple_
from sqlalchemy.orm import aliased, joinedload

from webapp import clock
from webapp.db import db
from webapp.domain import cursors, invitation_search
from webapp.models import (
    UNDELIVERED,
    DeliveryState,
    Invitation,
    InvitationState,
    Membership,
    Organization,
    Role,
    User,
)

SIZE = 50
WINDOW = 2000  # rows that are looked through before an index of what is rare is asked
STATUSES = tuple(state.value for state in InvitationState)
DELIVERIES = tuple(state.value for state in DeliveryState)
INVITERS_MOST = 200
# The columns of each order; the last one makes every place in it unique.
SORTS = {"created": ("id",), "email": ("email_key", "id"), "expires": ("expires_at", "id")}
NEWEST = "-created"
KINDS = {"id": cursors.number, "email_key": cursors.text, "expires_at": cursors.moment}

Place = tuple[Any, ...]  # values of an order's columns: between two rows, or at one


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for; anything unknown in it is as if it were not there."""

    status: str | None = None
    delivery: str | None = None
    inviter_id: int | None = None
    words: str = ""
    sort: str = NEWEST

    @classmethod
    def of(
        cls,
        *,
        status: str | None = None,
        delivery: str | None = None,
        inviter_id: int | None = None,
        q: str | None = None,
        sort: str | None = None,
    ) -> Wish:
        """The wish out of an address's query, with what is unknown left out."""
        sort = sort or NEWEST
        words = invitation_search.words(q)
        return cls(
            status if status in STATUSES else None,
            delivery if delivery in DELIVERIES else None,
            inviter_id or None,
            words,
            sort if sort.removeprefix("-") in SORTS else NEWEST,
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """What the rows are ordered by."""
        return SORTS[self.sort.removeprefix("-")]

    @property
    def is_narrow(self) -> bool:
        """Whether more is asked for than a status, which has an index in each order."""
        return bool(self.delivery or self.inviter_id or self.words)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page, and the cursors between which it lies; None where the table ends."""

    rows: Sequence[Invitation]
    wish: Wish
    before: str | None
    after: str | None


def page(
    organization: Organization,
    wish: Wish,
    *,
    after: str | None = None,
    before: str | None = None,
    last: bool = False,
    size: int = SIZE,
) -> Page:
    """The page after or before a cursor, the last one, or the first; a broken cursor is none."""
    start = cursors.read(after or before, [KINDS[name] for name in wish.columns])
    backwards = last or (before is not None and start is not None and not after)
    rows = list(_rows(organization, wish, None if last else start, backwards, size + 1))
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_before = more if backwards else start is not None
    has_after = (not last) if backwards else more
    return Page(
        rows,
        wish,
        cursors.write(_place(wish, rows[0])) if rows and has_before else None,
        cursors.write(_place(wish, rows[-1])) if rows and has_after else None,
    )


def is_place(wish: Wish, cursor: str) -> bool:
    """Whether the cursor is a place in the order that is wished for."""
    return cursors.read(cursor, [KINDS[name] for name in wish.columns]) is not None


def inviters(organization: Organization, chosen_id: int | None = None) -> list[User]:
    """Whose invitations one can ask for: the admins, and whoever is chosen already; by name."""
    admins = and_(Membership.role == Role.ADMIN, Membership.status == "active")
    chosen = and_(User.id == (chosen_id or 0), _has_invited(organization))
    query = (
        select(User)
        .outerjoin(
            Membership,
            and_(Membership.user_id == User.id, Membership.organization_id == organization.id),
        )
        .where(or_(admins, chosen))
        .order_by(User.full_name, User.id)
        .limit(INVITERS_MOST)
    )
    return list(db.session.scalars(query))


def _has_invited(organization: Organization) -> ColumnElement[bool]:
    theirs = select(Invitation.id).where(
        Invitation.organization_id == organization.id, Invitation.inviter_id == User.id
    )
    return theirs.exists()


def _rows(
    organization: Organization, wish: Wish, start: Place | None, backwards: bool, limit: int
) -> Sequence[Invitation]:
    descending = wish.sort.startswith("-") != backwards
    order = _Order(organization, wish, start, descending, limit)
    if wish.status != InvitationState.EXPIRED:
        return order.rows(_has_status(wish))
    # Expired is what the sweep has marked and what it has not reached: each has its index.
    pending = Invitation.state == InvitationState.PENDING
    overdue = and_(pending, Invitation.expires_at <= clock.now())
    found = [*order.rows(Invitation.state == InvitationState.EXPIRED), *order.rows(overdue)]
    found.sort(key=lambda row: _place(wish, row), reverse=descending)
    return found[:limit]


@dataclass(frozen=True, slots=True)
class _Order:
    """Rows in one direction from a place on."""

    organization: Organization
    wish: Wish
    start: Place | None
    descending: bool
    limit: int

    def rows(self, status: ColumnElement[bool]) -> Sequence[Invitation]:
        """The first rows of a status, with all else that is asked for."""
        all_of_it = self._sorted(select(Invitation).where(status), Invitation)
        if not self.wish.is_narrow:
            return self._load(all_of_it, Invitation)
        # What many rows have is found among the next ones; what few have, by an index of its own.
        near: type[Invitation] = aliased(Invitation, all_of_it.limit(WINDOW).subquery())
        rows = self._load(self._narrowed(select(near), near), near)
        whole = all_of_it.with_only_columns(Invitation.id).offset(WINDOW).limit(1)
        if len(rows) == self.limit or db.session.scalar(whole) is None:
            return rows
        rare = self._sorted(select(Invitation).where(status), Invitation, searched=True)
        return self._load(self._narrowed(rare, None), Invitation)

    def _sorted(
        self, query: Select[Any], entity: type[Invitation], *, searched: bool = False
    ) -> Select[Any]:
        columns = [getattr(entity, name) for name in self.wish.columns]
        owner: ColumnElement[Any] = entity.organization_id.expression
        if searched and invitation_search.is_indexed(self.wish.words):
            # Every order's index begins with it: none is walked in place of the search's own.
            owner = func.coalesce(owner, owner)
        query = query.where(owner == self.organization.id)
        if self.start is not None:
            place = [literal(v, c.type) for v, c in zip(self.start, columns, strict=True)]
            row, edge = tuple_(*columns), tuple_(*place)
            query = query.where(row < edge if self.descending else row > edge)
        return query.order_by(*(c.desc() if self.descending else c.asc() for c in columns))

    def _narrowed(self, query: Select[Any], near: type[Invitation] | None) -> Select[Any]:
        entity, wish = near or Invitation, self.wish
        if wish.delivery:
            query = query.where(entity.delivery_state == wish.delivery)
        if wish.delivery and wish.delivery != DeliveryState.SENT and not near:
            query = query.where(text(UNDELIVERED))
        if wish.inviter_id:
            query = query.where(entity.inviter_id == wish.inviter_id)
        if wish.words and near:
            query = query.where(near.words.contains(wish.words, autoescape=True))
        elif wish.words:
            query = query.where(invitation_search.found(self.organization, wish.words))
        if near:
            columns = [getattr(near, name) for name in wish.columns]
            query = query.order_by(*(c.desc() if self.descending else c.asc() for c in columns))
        return query

    def _load(self, query: Select[Any], entity: type[Invitation]) -> Sequence[Invitation]:
        wanted = query.options(joinedload(entity.inviter)).limit(self.limit)
        return list(db.session.scalars(wanted))


def _has_status(wish: Wish) -> ColumnElement[bool]:
    """The status as everyone sees it, all but expired: past its end nothing is pending."""
    if wish.status is None:
        return true()
    if wish.status != InvitationState.PENDING:
        return Invitation.state == wish.status
    ends: ColumnElement[Any] = Invitation.expires_at.expression
    if "expires_at" not in wish.columns:
        # SQLite would take the index of the ends, and sort all that is pending.
        ends = func.coalesce(ends, ends)
    return and_(Invitation.state == InvitationState.PENDING, ends > literal(clock.now(), ends.type))


def _place(wish: Wish, row: Invitation) -> Place:
    return tuple(getattr(row, name) for name in wish.columns)
