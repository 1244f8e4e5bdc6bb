"""Who is in an organization."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import contains_eager, joinedload

from webapp import clock
from webapp.db import db, rows, transaction
from webapp.domain import tenant
from webapp.domain.addresses import Address
from webapp.domain.errors import NotFound, Refusal
from webapp.languages import gettext
from webapp.models import Membership, Organization, User

SEEN_EVERY = timedelta(minutes=5)
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

_COUNT = select(func.count(Membership.id)).where(
    Membership.organization_id == bindparam("organization"), Membership.has_access
)
_PLACES = (
    select(User.email_key, Membership.id, Membership.status)
    .join(Membership, Membership.user_id == User.id)
    .where(
        Membership.organization_id == bindparam("organization"),
        User.email_key.in_(bindparam("keys", expanding=True)),
    )
)


class Place(NamedTuple):
    """The membership of an address: its id and its status."""

    id: int
    status: str


def active_in(user: User, slug: str) -> Membership:
    """The user's active membership in the organization with that slug, with the organization.

    Raises NotFound for anybody else, whether or not the organization exists.
    """
    membership = db.session.scalar(_ACTIVE_IN, {"slug": slug, "user": user.id})
    if membership is None or not user.may_enter(membership.organization_id):
        raise NotFound
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


def is_member(organization: Organization, email_key: str) -> bool:
    """Whether the address belongs to a member, active or not."""
    return bool(places(organization, [email_key]))


def refuse_member(address: Address, place: Place | None) -> None:
    """Refuse an address that belongs to a member, active or deactivated."""
    if place is None:
        return
    facts: dict[str, Any] = {"member": place.status, "member_id": place.id}
    if place.status == "deactivated":
        words = gettext(
            "%(email)s belongs to a deactivated member. Reactivate them on the members page.",
            email=address.shown,
        )
        raise Refusal(words, "email", **facts)
    words = gettext("%(email)s is already a member.", email=address.shown)
    raise Refusal(words, "email", **facts)


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


def add(organization_id: int, user: User, role: str) -> Membership:
    """A new membership in the current transaction."""
    membership = Membership(
        organization_id=organization_id,
        user_id=user.id,
        role=role,
        status="active",
        joined_at=clock.now(),
        last_seen_at=clock.now(),
    )
    db.session.add(membership)
    return membership


def places(organization: Organization, email_keys: Iterable[str]) -> dict[str, Place]:
    """The members among these addresses."""
    values = {"organization": organization.id, "keys": list(email_keys)}
    return {key: Place(*place) for key, *place in rows(_PLACES, values)}
