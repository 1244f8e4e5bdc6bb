"""The groups that invitations carry, and what becomes of them on joining."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select

from webapp import clock
from webapp.db import db, rows
from webapp.domain import events
from webapp.domain.events import NewEvent
from webapp.domain.groups import choices
from webapp.inserts import insert_many
from webapp.models import Group, GroupMember, Invitation, InvitationGroup, Membership, User
from webapp.upserts import upsert

_carried: Any = InvitationGroup.__table__
_LEAVE = (
    delete(GroupMember)
    .where(
        GroupMember.membership_id == bindparam("membership"),
        GroupMember.group_id.not_in(bindparam("kept", expanding=True)),
    )
    .returning(GroupMember.group_id)
)


def give(organization_id: int, groups: Mapping[int, Sequence[Group]]) -> dict[int, str]:
    """Have new invitations, by their ids, carry these groups, in the present transaction.

    Returns the slugs of each one's groups, for the record.
    """
    lines = [
        {
            "group_id": choices.id_of(group),
            "invitation_id": invitation_id,
            "organization_id": organization_id,
        }
        for invitation_id, its_groups in groups.items()
        for group in its_groups
    ]
    if not lines:
        return {}
    insert_many(_carried, lines)
    query = select(Group.id, Group.slug).where(Group.id.in_({line["group_id"] for line in lines}))
    slugs = {group.id: group.slug for group in db.session.execute(query)}
    return {
        invitation_id: ", ".join(slugs[choices.id_of(group)] for group in its_groups)
        for invitation_id, its_groups in groups.items()
        if its_groups
    }


def gone(invitation: Invitation) -> list[Group]:
    """The groups that it carries and that were deleted since."""
    query = _of(invitation).where(Group.deleted_at.is_not(None))
    return list(db.session.scalars(query))


def held(invitation: Invitation) -> list[Group]:
    """The groups that it carries, deleted ones too, locked until the transaction ends.

    So none is deleted without its new member.
    """
    query = _of(invitation).with_for_update(read=True, of=Group)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def join(
    invitation: Invitation, groups: Sequence[Group], membership: Membership, user: User
) -> None:
    """Put a new member into those of these groups that are not deleted.

    Somebody whose access had ended and who comes back is in no others any more.
    """
    kept = [group for group in groups if group.is_kept]
    db.session.flush()  # the membership
    _leave_others(invitation, kept, membership, user)
    added = [group for group in kept if put_in(group, membership)]
    _record(invitation, "GroupMemberAdded", added, user)
    db.session.expire(membership, ["groups"])


def put_in(group: Group, membership: Membership) -> bool:
    """Put a member into a group, in the present transaction; whether they were not in it yet."""
    columns, new = [GroupMember.group_id], row(group, membership)
    return bool(upsert(GroupMember, new, on=["group_id", "membership_id"], returning=columns).all())


def _leave_others(
    invitation: Invitation, kept: Sequence[Group], membership: Membership, user: User
) -> None:
    ids = [group.id for group in kept]
    if gone := rows(_LEAVE, {"membership": membership.id, "kept": ids}).scalars().all():
        query = select(Group).where(Group.id.in_(gone)).order_by(Group.id)
        _record(invitation, "GroupMemberRemoved", db.session.scalars(query).all(), user)


def _record(invitation: Invitation, name: str, groups: Sequence[Group], user: User) -> None:
    lines = [
        NewEvent(group.organization_id, invitation.id, facts(group, user), user.email_key)
        for group in groups
    ]
    events.record_many(name, lines, by="system")


def row(group: Group, membership: Membership) -> dict[str, Any]:
    """The columns of a member in a group."""
    return {
        "group_id": group.id,
        "membership_id": membership.id,
        "organization_id": group.organization_id,
        "added_at": clock.now(),
    }


def facts(group: Group, user: User) -> dict[str, Any]:
    """What events say of a group and a person in it."""
    return {"group": group.slug, "name": group.name, "user_id": user.id, "email": user.email}


def _of(invitation: Invitation) -> Any:
    return (
        select(Group)
        .join(InvitationGroup, InvitationGroup.group_id == Group.id)
        .where(
            InvitationGroup.organization_id == invitation.organization_id,
            InvitationGroup.invitation_id == invitation.id,
        )
        .order_by(Group.id)
    )
