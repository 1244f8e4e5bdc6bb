"""Who is in an organization."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.db import db, transaction
from webapp.domain.addresses import Address
from webapp.domain.errors import NotFound, Refusal
from webapp.models import Membership, Organization, User

SEEN_EVERY = timedelta(minutes=5)


def here(user: User, slug: str) -> Membership:
    """The user's active membership in the organization of that slug, with the organization.

    Raises NotFound for anybody else, whether or not the organization exists.
    """
    found = db.session.scalar(
        select(Membership)
        .join(Organization)
        .options(joinedload(Membership.organization))
        .where(
            Organization.slug == slug,
            Membership.user_id == user.id,
            Membership.status == "active",
        )
    )
    if found is None or not user.may_enter(found.organization_id):
        raise NotFound
    return found


def of(user: User) -> list[Membership]:
    """The user's active memberships in active organizations, by the organization's name."""
    found = db.session.scalars(
        select(Membership)
        .join(Organization)
        .options(joinedload(Membership.organization))
        .where(
            Membership.user_id == user.id,
            Membership.status == "active",
            Organization.suspended_at.is_(None),
        )
        .order_by(Organization.name)
    )
    return [m for m in found if user.may_enter(m.organization_id)]


def find(organization: Organization, membership_id: int) -> Membership:
    """The organization's member of that id, active or not; raises NotFound, also for others'."""
    found = db.session.scalar(
        select(Membership)
        .options(joinedload(Membership.user))
        .where(Membership.id == membership_id, Membership.organization_id == organization.id)
    )
    if found is None:
        raise NotFound
    return found


def locked(organization: Organization, membership_id: int) -> Membership:
    """The member as they are now, held until the present transaction ends; raises NotFound."""
    found = db.session.scalar(
        select(Membership)
        .options(joinedload(Membership.user))
        .where(Membership.id == membership_id, Membership.organization_id == organization.id)
        .with_for_update(key_share=True, of=Membership)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def count(organization: Organization) -> int:
    """How many active members the organization has."""
    return int(
        db.session.scalar(
            select(func.count())
            .select_from(Membership)
            .where(Membership.organization_id == organization.id, Membership.status == "active")
        )
        or 0
    )


def is_member(organization: Organization, email_key: str) -> bool:
    """Whether the address belongs to a member, active or not."""
    return _status_of(organization, email_key) is not None


def refuse_member(organization: Organization, address: Address) -> None:
    """Refuse an address that belongs to a member, and say what to do with a deactivated one."""
    status = _status_of(organization, address.key)
    if status == "deactivated":
        raise Refusal(
            f"{address.shown} was a member and was deactivated. Reactivate them on the members "
            "page.",
            "email",
        )
    if status is not None:
        raise Refusal(f"{address.shown} is already a member.", "email")


def is_due(membership: Membership) -> bool:
    """Whether the member's last activity was noted long enough ago to note it anew."""
    last = membership.last_seen_at
    return last is None or last < clock.now() - SEEN_EVERY


@transaction()
def seen(membership_id: int) -> None:
    """Note that the member did something, at most every five minutes."""
    now = clock.now()
    long_ago = or_(Membership.last_seen_at.is_(None), Membership.last_seen_at < now - SEEN_EVERY)
    db.session.execute(
        update(Membership).where(Membership.id == membership_id, long_ago).values(last_seen_at=now)
    )


def add(organization_id: int, user: User, role: str) -> Membership:
    """A new membership in the present transaction."""
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


def _status_of(organization: Organization, email_key: str) -> str | None:
    return db.session.scalar(
        select(Membership.status)
        .join(User)
        .where(Membership.organization_id == organization.id, User.email_key == email_key)
    )
