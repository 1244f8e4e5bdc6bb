"""An organization's groups with their figures, and the members of one, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.db import db
from webapp.domain import cursors, pagination
from webapp.domain.groups import choices
from webapp.domain.pagination import Page
from webapp.models import (
    Group,
    GroupMember,
    Invitation,
    InvitationGroup,
    Membership,
    Organization,
    User,
)

SIZE = 50
OTHERS = 200  # members that are offered to be added
KINDS = (cursors.text,)
MEMBER_KINDS = (cursors.number,)


@dataclass(frozen=True, slots=True)
class Touched:
    """How many are in a group, and how many open invitations carry it."""

    members: int
    invitations: int


@dataclass(frozen=True, slots=True)
class Line:
    """A group with how many are in it and, where it is asked, how many will be."""

    group: Group
    members: int
    invitations: int = 0


def everyone(organization: Organization) -> list[Group]:
    """All of the organization's groups, by name."""
    groups = choices.all_of(organization)
    return sorted(groups, key=lambda group: (group.name.casefold(), group.slug))


def lines(organization: Organization) -> list[Line]:
    """All of the organization's groups with their figures, by name."""
    groups = everyone(organization)
    ids = [group.id for group in groups]
    members, invitations = member_counts(ids), _invitation_counts(organization)
    return [Line(group, members.get(group.id, 0), invitations.get(group.id, 0)) for group in groups]


def counted(groups: Sequence[Group]) -> list[Line]:
    """These groups with how many are in each."""
    members = member_counts([group.id for group in groups])
    return [Line(group, members.get(group.id, 0)) for group in groups]


def touched(group: Group) -> Touched:
    """What deleting the group touches."""
    query = _open(group.organization_id).where(InvitationGroup.group_id == group.id)
    invitations = db.session.scalar(query.with_only_columns(func.count())) or 0
    return Touched(member_counts([group.id]).get(group.id, 0), invitations)


def member_counts(group_ids: Sequence[int]) -> dict[int, int]:
    """How many members are in each of these groups; those without any are left out."""
    query = (
        select(GroupMember.group_id, func.count())
        .where(GroupMember.group_id.in_(group_ids))
        .group_by(GroupMember.group_id)
    )
    return {number: int(count) for number, count in db.session.execute(query)}


def page(organization: Organization, *, after: str | None = None, size: int = SIZE) -> Page[Group]:
    """The groups after a cursor, by slug, for programs."""

    def find(start: Any, backwards: bool, limit: int) -> list[Group]:
        query = choices.of(organization).order_by(Group.slug).limit(limit)
        return list(db.session.scalars(query.where(Group.slug > start[0]) if start else query))

    asked = pagination.Asked(after, None, False, size)
    return pagination.cut(asked, KINDS, find, lambda row: (row.slug,))


def is_place(cursor: str) -> bool:
    """Whether the text is a place in the list of groups."""
    return cursors.read(cursor, KINDS) is not None


def members(
    group: Group, *, after: str | None = None, before: str | None = None
) -> Page[Membership]:
    """The members of a group in the order in which they joined the organization."""

    def find(start: Any, backwards: bool, limit: int) -> list[Membership]:
        place: ColumnElement[int] = GroupMember.membership_id.expression
        query = _members(group).options(joinedload(Membership.user))
        if start:
            query = query.where(place < start[0] if backwards else place > start[0])
        return list(
            db.session.scalars(query.order_by(place.desc() if backwards else place).limit(limit))
        )

    asked = pagination.Asked(after, before, False, SIZE)
    return pagination.cut(asked, MEMBER_KINDS, find, lambda row: (row.id,))


def others(organization: Organization, group: Group) -> Sequence[Row[str, str]]:
    """The addresses and names of the first members not in the group, by name, to choose from."""
    inside = select(GroupMember.membership_id).where(GroupMember.group_id == group.id)
    query = (
        select(User.email, User.full_name)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.organization_id == organization.id,
            Membership.has_access,
            Membership.id.not_in(inside),
        )
        .order_by(User.full_name, Membership.id)
        .limit(OTHERS)
    )
    return db.session.execute(query).all()


def _members(group: Group) -> Any:
    return (
        select(Membership)
        .join(GroupMember, GroupMember.membership_id == Membership.id)
        .where(
            GroupMember.group_id == group.id, Membership.organization_id == group.organization_id
        )
    )


def _invitation_counts(organization: Organization) -> dict[int, int]:
    query = _open(organization.id).group_by(InvitationGroup.group_id)
    counts = query.with_only_columns(InvitationGroup.group_id, func.count())
    return {number: int(count) for number, count in db.session.execute(counts)}


def _open(organization_id: int) -> Any:
    """The open invitations of an organization with each of their groups."""
    return (
        select(InvitationGroup)
        .join(Invitation, Invitation.id == InvitationGroup.invitation_id)
        .where(Invitation.organization_id == organization_id, Invitation.is_pending(clock.now()))
    )
