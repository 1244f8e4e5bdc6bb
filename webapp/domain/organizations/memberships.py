"""Who is in an organization."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import contains_eager, joinedload

from webapp import clock
from webapp.db import db, rows, transaction
from webapp.domain import tenant
from webapp.domain.errors import NotFound
from webapp.domain.organizations import ended_access, member_addresses
from webapp.languages import gettext
from webapp.models import Membership, Organization, User

SEEN_EVERY = timedelta(minutes=5)
WARNED_DAYS = (7, 1)  # before the end
# Built once: every request inside an organization runs it.
_ACTIVE_IN = (
    select(Membership)
    .join(Membership.organization)
    .options(contains_eager(Membership.organization))
    .where(
        Organization.slug == bindparam("slug"),
        Membership.user_id == bindparam("user"),
        Membership.has_access,
    )
)

_HERE = Membership.organization_id == bindparam("organization"), Membership.has_access
_COUNT = select(func.count(Membership.id)).where(*_HERE)
_TWO = select(Membership.id).where(*_HERE).limit(2)
_ENDED = (
    select(Membership)
    .where(
        Membership.organization_id == bindparam("organization"),
        Membership.user_id == bindparam("user"),
        member_addresses.IS_ENDED,
    )
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def active_in(user: User, slug: str) -> Membership:
    """The user's active membership in the organization with that slug, with the organization.

    Raises NotFound for anybody else, whether or not the organization exists; AccessEnded for
    those whose end has come.
    """
    membership = db.session.scalar(_ACTIVE_IN, {"slug": slug, "user": user.id})
    if membership is None or not user.may_enter(membership.organization_id):
        raise ended_access.refusal(user, slug)
    return membership


def of(user: User) -> list[Membership]:
    """The user's active memberships in active organizations, by the organization's name."""
    active = db.session.scalars(
        select(Membership)
        .join(Organization)
        .options(joinedload(Membership.organization))
        .where(
            Membership.user_id == user.id,
            Membership.has_access,
            Organization.is_active,
        )
        .order_by(Organization.name)
    )
    return [row for row in active if user.may_enter(row.organization_id)]


def current(user: User, organization_id: int | None) -> Membership | None:
    """The active membership in that organization, which was last used; else the only one."""
    active = of(user)
    last_used = [row for row in active if row.organization_id == organization_id]
    candidates = last_used or (active if len(active) == 1 else [])
    return candidates[0] if candidates else None


def everywhere(user: User) -> list[Membership]:
    """All of the user's memberships, in any state, by the organization's id."""
    return list(
        db.session.scalars(
            select(Membership)
            .options(joinedload(Membership.organization))
            .where(Membership.user_id == user.id)
            .order_by(Membership.organization_id)
        )
    )


def find(organization: Organization, membership_id: int) -> Membership:
    """The organization's member with that id, active or not; raises NotFound, also for others'."""
    return tenant.get(organization, Membership, membership_id, load=[Membership.user])


def of_user(organization: Organization, user: User) -> Membership:
    """The user's membership in the organization, active or not; raises NotFound in words."""
    found = (row for row in everywhere(user) if row.organization_id == organization.id)
    membership = next(found, None)
    if membership is None:
        words = gettext(
            "%(email)s is not a member of %(organization)s.",
            email=user.email,
            organization=organization.name,
        )
        raise NotFound(words)
    return membership


def locked(organization: Organization, membership_id: int) -> Membership:
    """The member, read afresh and locked until the transaction ends; raises NotFound."""
    return tenant.get(
        organization, Membership, membership_id, load=[Membership.user], lock="no key update"
    )


def count(organization: Organization) -> int:
    """How many active members the organization has."""
    (members,) = rows(_COUNT, {"organization": organization.id}).one()
    return int(members)


def is_alone(organization: Organization) -> bool:
    """Whether a single member has access."""
    return len(db.session.scalars(_TWO, {"organization": organization.id}).all()) == 1


def is_due(membership: Membership) -> bool:
    """Whether the member's last activity was noted long enough ago to note it again."""
    last = membership.last_seen_at
    return last is None or last < clock.now() - SEEN_EVERY


@transaction()
def seen(membership_id: int) -> None:
    """Note that the member was active, at most every five minutes."""
    _note_activity(Membership.id == membership_id)


@transaction()
def signed_in(user_id: int, organization_id: int) -> None:
    """Note that somebody signed in to the organization, if they are an active member there."""
    _note_activity(
        and_(
            Membership.user_id == user_id,
            Membership.organization_id == organization_id,
            Membership.has_access,
        )
    )


def _note_activity(whose: ColumnElement[bool]) -> None:
    now = clock.now()
    long_ago = or_(Membership.last_seen_at.is_(None), Membership.last_seen_at < now - SEEN_EVERY)
    db.session.execute(update(Membership).where(whose, long_ago).values(last_seen_at=now))


def add(
    organization_id: int,
    user: User,
    role: str,
    *,
    earlier: Membership | None = None,
    ends_at: datetime | None = None,
    sponsor_id: int | None = None,
) -> Membership:
    """A membership in the current transaction: a new one, or the `earlier` one that has ended."""
    membership = earlier
    if membership is None:
        membership = Membership(
            organization_id=organization_id, user_id=user.id, status="active", joined_at=clock.now()
        )
        db.session.add(membership)
    membership.role, membership.last_seen_at = role, clock.now()
    let_end(membership, ends_at)
    membership.sponsor_id = None if sponsor_id == user.id else sponsor_id
    return membership


def ended(organization_id: int, user: User) -> Membership | None:
    """The user's membership there if its end has come, read afresh and locked."""
    return db.session.scalar(_ENDED, {"organization": organization_id, "user": user.id})


def let_end(membership: Membership, ends_at: datetime | None) -> None:
    """Give the member this end, in the current transaction; they are warned of it anew.

    Not by a mail that would have been due before it was set.
    """
    membership.ends_at, membership.ended_at = ends_at, None
    left = None if ends_at is None else ends_at - clock.now()
    passed = [days for days in WARNED_DAYS if left is not None and left < timedelta(days=days)]
    membership.warned_days = min(passed, default=None)
