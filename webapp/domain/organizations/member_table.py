"""The table of an organization's members, page by page, and who has not joined yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased, joinedload

from webapp.db import db
from webapp.domain import texts
from webapp.models import RESENDABLE, Invitation, Membership, Organization, User

SIZE = 50
WAITING = 20
LONGEST = 254
STATUSES = ("active", "deactivated")


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page in order of joining, and the id after which the next page begins."""

    rows: Sequence[Membership]
    status: str
    words: str
    next_after: int | None
    is_first: bool


def page(
    organization: Organization,
    *,
    status: str | None = None,
    q: str | None = None,
    after: int = 0,
    size: int | None = None,
) -> Page:
    """A page of the members of a status whose name or address holds the words."""
    size = size or SIZE
    wanted = status if status in STATUSES else STATUSES[0]
    words = _words(q)
    query = (
        select(Membership)
        .join(Membership.user)
        .options(joinedload(Membership.user))
        .where(
            Membership.organization_id == organization.id,
            Membership.status == wanted,
            Membership.id > after,
        )
        .order_by(Membership.id)
        .limit(size + 1)
    )
    if words:
        query = query.where(
            or_(
                User.full_name.icontains(words, autoescape=True),
                User.email.icontains(words, autoescape=True),
            )
        )
    rows = db.session.scalars(query).all()
    more = rows[size - 1].id if len(rows) > size else None
    return Page(rows[:size], wanted, words, more, not after)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The newest invited people who have not joined and still can, and whether there are more."""

    rows: Sequence[Invitation]
    more: bool


def waiting(organization: Organization, q: str | None = None) -> Waiting:
    """Whose newest invitation is pending or expired, and whose name or address holds the words."""
    words = _words(q)
    later = aliased(Invitation)
    invited_again = exists().where(
        later.organization_id == organization.id,
        later.email_key == Invitation.email_key,
        later.id > Invitation.id,
    )
    query = (
        select(Invitation)
        .where(
            Invitation.organization_id == organization.id,
            Invitation.state.in_(RESENDABLE),
            ~invited_again,
        )
        .order_by(Invitation.id.desc())
        .limit(WAITING + 1)
    )
    if words:
        query = query.where(
            or_(
                Invitation.name.icontains(words, autoescape=True),
                Invitation.email.icontains(words, autoescape=True),
            )
        )
    rows = db.session.scalars(query).all()
    return Waiting(rows[:WAITING], len(rows) > WAITING)


def _words(q: str | None) -> str:
    """What can be looked for of what was typed: no NUL, which PostgreSQL refuses."""
    return " ".join(texts.showable(q or "").split())[:LONGEST]
