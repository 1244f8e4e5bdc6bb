"""The requests of an organization, as those see them who decide, and those who made them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.db import db, rows
from webapp.domain import pagination
from webapp.domain.invitations import eligibility
from webapp.domain.members import sponsors
from webapp.domain.organizations import permissions
from webapp.domain.pagination import Page
from webapp.models import Membership, Organization, Request, RequestKind, User

SIZE = 50
EARLIER = 20
OPEN, DECIDED, MINE = "open", "decided", "mine"
LOADED = (
    joinedload(Request.maker),
    joinedload(Request.decided_by),
    joinedload(Request.membership),
    joinedload(Request.join_link),
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at requests, and with which role."""

    organization: Organization
    user: User
    role: str | None

    @property
    def decides(self) -> bool:
        """Whether they decide about people who would be invited."""
        return self.role is not None and permissions.allows(self.role, "invitations:write")

    @property
    def sponsors(self) -> bool:
        """Whether they answer for any member here."""
        return sponsors.count_of(self.organization, self.user) > 0

    def decidable(self) -> ColumnElement[bool]:
        """Which requests they may decide: all but their own, or of those whom they sponsor."""
        if self.decides:
            return _of_others(self.user.id)
        sponsored = select(Membership.id).where(
            Membership.organization_id == self.organization.id,
            Membership.sponsor_id == self.user.id,
            Membership.user_id != self.user.id,
            Membership.has_access,
        )
        is_theirs = Request.membership_id.in_(sponsored)
        return and_(Request.kind == RequestKind.STAY.value, is_theirs)

    def seen(self, which: str) -> tuple[ColumnElement[bool], ...]:
        """The conditions of a list: open ones to decide, decided ones, or their own."""
        here = Request.organization_id == self.organization.id
        if which == MINE:
            return here, Request.maker_id == self.user.id
        is_open: ColumnElement[bool] = Request.is_open(clock.now())  # type: ignore[assignment]
        visible = self.decidable() if not self.decides else here
        return here, visible, is_open if which == OPEN else ~is_open


def _of_others(user_id: Any) -> ColumnElement[bool]:
    return or_(Request.maker_id.is_(None), Request.maker_id != user_id)


# Built once: it is in the navigation of every page of an admin's.
_WAITING = (
    select(func.count())
    .select_from(Request)
    .where(
        Request.organization_id == bindparam("organization"),
        Request.is_open(bindparam("now", type_=Request.lapses_at.type)),  # type: ignore[arg-type]
        _of_others(bindparam("user")),
    )
)


def page(reader: Reader, which: str, *, before: int = 0) -> Page[Request]:
    """One page of a list, newest first: the requests before that id."""
    query = select(Request).options(*LOADED).where(*reader.seen(which))
    if before:
        query = query.where(Request.id < before)
    found = db.session.scalars(query.order_by(Request.id.desc()).limit(SIZE + 1)).all()
    return pagination.by_id(found, before, SIZE, lambda request: request.id)


def count(reader: Reader) -> int:
    """How many wait for an answer of the reader's."""
    if reader.decides:
        here, mine = reader.organization.id, reader.user.id
        values = {"organization": here, "user": mine, "now": clock.now()}
        return int(rows(_WAITING, values).scalar_one())
    query = select(func.count()).select_from(Request)
    query = query.where(*reader.seen(OPEN), reader.decidable())
    return int(db.session.scalar(query) or 0)


def has_made_any(reader: Reader) -> bool:
    """Whether the reader has ever made one here."""
    query = select(Request.id).where(*reader.seen(MINE)).limit(1)
    return db.session.scalar(query) is not None


def earlier(request: Request) -> Sequence[Request]:
    """Other requests of the same address here, newest first."""
    query = (
        select(Request)
        .options(*LOADED)
        .where(
            Request.organization_id == request.organization_id,
            Request.email_key == request.email_key,
            Request.id != request.id,
        )
    )
    return db.session.scalars(query.order_by(Request.id.desc()).limit(EARLIER)).all()


def members(organization: Organization, users: Iterable[User | None]) -> set[int]:
    """Which of these users are members with access now, by id."""
    ids = {user.id for user in users if user is not None}
    query = select(Membership.user_id).where(
        Membership.organization_id == organization.id,
        Membership.user_id.in_(ids),
        Membership.has_access,
    )
    return set(db.session.scalars(query)) if ids else set()


def hindrances(organization: Organization, requests: Sequence[Request]) -> Mapping[str, str]:
    """Whose address is a member's, invited, or cannot be mailed, by key: what would prevent it.

    Those who ask to stay are members, so nothing is said of them.
    """
    keys = {
        request.email_key
        for request in requests
        if request.kind != RequestKind.STAY and request.membership_id is None
    }
    if not keys:
        return {}
    records, now = eligibility.look(organization, keys), clock.now()
    found = dict.fromkeys(records.suppressed, "suppressed")
    found |= {
        key: "invited" for key, invitation in records.open.items() if invitation.is_pending(now)
    }
    return found | {key: "member" for key, it in records.members.items() if it.status != "ended"}
