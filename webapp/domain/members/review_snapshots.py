"""The members of an organization as they are when a review begins."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, insert, literal, select

from webapp.db import db
from webapp.models import (
    AccessReview,
    Group,
    GroupMember,
    Invitation,
    InvitationState,
    Membership,
    ReviewLine,
)

COLUMNS = (
    *("review_id", "organization_id", "membership_id", "user_id", "role", "groups"),
    *("joined_at", "last_seen_at", "ends_at", "sponsor_id", "invited_by_id"),
)


def fill(review: AccessReview) -> int:
    """Write a line for each member with access, in one statement; returns how many."""
    joined_by = _joined_by(review.organization_id)
    members = (
        select(
            literal(review.id),
            Membership.organization_id,
            Membership.id,
            Membership.user_id,
            Membership.role,
            _groups(),
            Membership.joined_at,
            Membership.last_seen_at,
            Membership.ends_at,
            Membership.sponsor_id,
            joined_by.c.inviter_id,
        )
        .outerjoin(joined_by, joined_by.c.user_id == Membership.user_id)
        .where(Membership.organization_id == review.organization_id, Membership.has_access)
        .order_by(Membership.id)
    )
    db.session.execute(insert(ReviewLine).from_select(COLUMNS, members))
    written = select(func.count()).select_from(ReviewLine)
    return db.session.scalar(written.where(ReviewLine.review_id == review.id)) or 0


def _groups() -> Any:
    return (
        select(func.aggregate_strings(Group.slug, "|"))
        .join(GroupMember, GroupMember.group_id == Group.id)
        .where(GroupMember.membership_id == Membership.id, Group.deleted_at.is_(None))
        .correlate(Membership)
        .scalar_subquery()
    )


def _joined_by(organization_id: int) -> Any:
    """Who invited each member: the inviter of the newest invitation by which they joined."""
    newest = (
        select(func.max(Invitation.id))
        .where(
            Invitation.organization_id == organization_id,
            Invitation.state == InvitationState.ACCEPTED,
            Invitation.user_id.is_not(None),
        )
        .group_by(Invitation.user_id)
    )
    return (
        select(Invitation.user_id, Invitation.inviter_id)
        .where(Invitation.id.in_(newest))
        .subquery()
    )
