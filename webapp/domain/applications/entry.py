"""Whether somebody may enter an application now: the one place that decides it, never cached."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Row, and_, bindparam, exists, func, literal_column, or_, select

from webapp import clock
from webapp.db import rows
from webapp.models import (
    Application,
    ApplicationGroup,
    Group,
    GroupMember,
    Membership,
    Organization,
    User,
)


class Barrier(StrEnum):
    """What keeps somebody out, the first of these that applies."""

    NO_MEMBER = "no_member"
    SUSPENDED = "suspended"
    PAUSED = "paused"
    DEACTIVATED = "deactivated"
    ENDED = "ended"
    NO_GROUP = "no_group"
    UNVERIFIED = "unverified"
    NO_SECOND_FACTOR = "no_second_factor"


_IN_GROUP = exists().where(
    ApplicationGroup.application_id == Application.id,
    GroupMember.group_id == ApplicationGroup.group_id,
    GroupMember.membership_id == Membership.id,
)
# What `barrier` reads of a row; every statement that lets somebody in selects these.
FACTS = (
    Application.paused_at.label("application_paused_at"),
    Organization.suspended_at.label("organization_suspended_at"),
    Membership.id.label("membership_id"),
    Membership.status.label("member_status"),
    Membership.ends_at.label("access_ends_at"),
    or_(Application.for_everyone, _IN_GROUP).label("is_chosen"),
    or_(User.verified_at.is_not(None), Application.allows_unverified).label("is_verified_enough"),
    User.confined_to_id,
    User.verified_at.label("user_verified_at"),
    Application.organization_id.label("application_organization_id"),
    or_(Application.needs_second_factor, Organization.requires_second_factor).label(
        "needs_second_factor"
    ),
    User.totp_since,
)
MEMBERSHIP = and_(
    Membership.organization_id == Application.organization_id, Membership.user_id == User.id
)
# As a value it would be written into the statement anew at every check.
_COMMA: Any = literal_column("','")
# What applications may be told of the member's groups; `group_slugs` reads it.
GROUP_SLUGS = (
    select(func.aggregate_strings(Group.slug, _COMMA))
    .join(GroupMember, GroupMember.group_id == Group.id)
    .where(GroupMember.membership_id == Membership.id, Group.is_kept)
    .correlate(Membership)
    .scalar_subquery()
    .label("group_slugs")
)


def facts(*more: Any) -> Any:
    """The statement of the facts about applications and people, to be narrowed to one of each."""
    return (
        select(*FACTS, *more)
        .select_from(Application)
        .join(Organization, Organization.id == Application.organization_id)
        .join(User, User.deleted_at.is_(None))
        .outerjoin(Membership, MEMBERSHIP)
    )


_ONE = facts().where(
    Application.organization_id == bindparam("organization"),
    Application.id == bindparam("application"),
    User.id == bindparam("user"),
)


def may_enter(application: Application, user: User) -> bool:
    """Whether the person may enter the application now."""
    return what_bars(application, user) is None


def what_bars(application: Application, user: User) -> Barrier | None:
    """What keeps the person out now, by the database; None: they may enter."""
    ids = {"organization": application.organization_id, "application": application.id}
    row = rows(_ONE, {**ids, "user": user.id}).one_or_none()
    return Barrier.NO_MEMBER if row is None else barrier(row)


def barrier(row: Row[Any]) -> Barrier | None:
    """The same of a row that has FACTS."""
    confined = row.user_verified_at is None and (
        row.confined_to_id != row.application_organization_id
    )
    ended = row.access_ends_at is not None and row.access_ends_at <= clock.now()
    no_factor = row.needs_second_factor and row.totp_since is None
    found = (
        (row.membership_id is None or confined, Barrier.NO_MEMBER),
        (row.organization_suspended_at is not None, Barrier.SUSPENDED),
        (row.application_paused_at is not None, Barrier.PAUSED),
        (row.member_status != "active", Barrier.DEACTIVATED),
        (ended, Barrier.ENDED),
        (not row.is_chosen, Barrier.NO_GROUP),
        (not row.is_verified_enough, Barrier.UNVERIFIED),
        (no_factor, Barrier.NO_SECOND_FACTOR),
    )
    return next((why for applies, why in found if applies), None)


def group_slugs(row: Row[Any]) -> tuple[str, ...]:
    """The member's groups in order, of a row that has GROUP_SLUGS."""
    return tuple(sorted(row.group_slugs.split(","))) if row.group_slugs else ()
