"""Putting members into groups, and taking them out."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from webapp.db import db, transaction
from webapp.domain import addresses, events, organizations
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.groups import choices, invited
from webapp.domain.organizations import memberships, permissions
from webapp.languages import gettext
from webapp.models import Group, GroupMember, Membership, Organization, User


@transaction()
def add(organization: Organization, slug: str, membership_id: int, *, by: Actor) -> Membership:
    """Put a member into a group; one who is in it already stays in it."""
    _lock(organization, by)
    member = memberships.find(organization, membership_id)
    for group in choices.hold([choices.find(organization, slug)]):
        _add(group, member, by)
    return member


@transaction()
def add_by_address(organization: Organization, slug: str, *, by: Actor, email: str) -> Membership:
    """Put the member with that address into a group; refuses an address of nobody here."""
    _lock(organization, by)
    address = addresses.parse(email)
    member = db.session.scalar(
        select(Membership)
        .join(Membership.user)
        .where(Membership.organization_id == organization.id, User.email_key == address.key)
    )
    if member is None:
        words = gettext("%(email)s is not a member. Invite them first.", email=address.shown)
        raise Refusal(words, "email")
    return add(organization, slug, member.id, by=by)


@transaction()
def add_to(
    organization: Organization, membership_id: int, slugs: Sequence[str], *, by: Actor
) -> list[Group]:
    """Put a member into several groups; returns those in which they were not yet."""
    _lock(organization, by)
    member = memberships.find(organization, membership_id)
    groups = choices.hold(choices.chosen(organization, slugs))
    if not groups:
        raise Refusal(gettext("Choose at least one group."), "groups")
    return [group for group in groups if _add(group, member, by)]


@transaction()
def remove(organization: Organization, slug: str, membership_id: int, *, by: Actor) -> Membership:
    """Take a member out of a group; one who is not in it is no error."""
    _lock(organization, by)
    member = memberships.find(organization, membership_id)
    for group in choices.hold([choices.find(organization, slug)]):
        removed = db.session.execute(
            delete(GroupMember)
            .where(GroupMember.group_id == group.id, GroupMember.membership_id == member.id)
            .execution_options(synchronize_session=False)
        )
        if removed.rowcount:  # type: ignore[attr-defined]
            _record(group, member, "GroupMemberRemoved", by)
    return member


def _add(group: Group, member: Membership, by: Actor) -> bool:
    added = invited.put_in(group, member)
    if added:
        _record(group, member, "GroupMemberAdded", by)
    return added


def _lock(organization: Organization, by: Actor) -> None:
    organizations.lock(organization)
    permissions.require(organization, by, "groups:write")


def _record(group: Group, member: Membership, name: str, by: Actor) -> None:
    db.session.expire(member, ["groups"])
    events.record(group.organization_id, name, by=by, **invited.facts(group, member.user))
