"""Shutting out again, in a restored database, whom and what was shut out since the backup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from sqlalchemy import select

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import links, organizations, webhooks
from webapp.domain.accounts import people, restored
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import Refusal
from webapp.domain.events import OPERATOR
from webapp.domain.groups import members as group_members
from webapp.domain.invitations import restored as restored_invitations
from webapp.domain.members import ends, roles
from webapp.domain.operations import applications_again, since_backup
from webapp.domain.operations.since_backup import Facts
from webapp.domain.organizations import permissions
from webapp.models import (
    Group,
    GroupMember,
    Invitation,
    JoinLink,
    Membership,
    Organization,
    User,
    WebhookEndpoint,
    WebhookState,
)


def do(facts: Facts) -> list[str]:
    """Shut out all that the facts name; returns in words what a rule refused."""
    same = since_backup.same_organizations(facts)
    _take_over_suppressions(facts, same)
    for user_id in _signing_in_otherwise(facts):
        _sign_in_as_since(user_id, facts)
    restored_invitations.end_again(_ended(facts))
    applications_again.restore_clients(facts)
    verbs = (_groups, _members, _links, _webhooks, applications_again.pauses)
    objections = [_objection(verb) for find in verbs for verb in [*find(facts, same)]]
    for organization_id in same:  # last: nothing is changed in a suspended one
        organization = db.session.get_one(Organization, organization_id)
        if facts.organizations[organization_id].suspended_at and organization.is_active:
            organizations.suspend(organization)
    return [words for words in objections if words]


@transaction()
def _take_over_suppressions(facts: Facts, same: set[int]) -> None:
    suppressions.take_over([row for row in facts.suppressions if row["organization_id"] in same])


def _signing_in_otherwise(facts: Facts) -> list[int]:
    """The accounts whose password, second factor or codes were changed since."""
    codes, found = since_backup.codes(), []
    for user in db.session.scalars(select(User).where(User.deleted_at.is_(None))):
        since = facts.users.get(user.id)
        if since is None or since.created_at != user.created_at or since.deleted_at:
            continue
        is_same = all(getattr(user, name) == getattr(since, name) for name in restored.SIGN_IN)
        if not is_same or codes.get(user.id) != facts.codes.get(user.id):
            found.append(user.id)
    return found


@transaction()
def _sign_in_as_since(user_id: int, facts: Facts) -> None:
    user = people.held(user_id)
    if user is not None:
        restored.sign_in_as_since(user, facts.users[user_id], facts.codes.get(user_id, ()))


def _ended(facts: Facts) -> list[int]:
    rows = db.session.execute(
        select(Invitation.id, Invitation.created_at).where(Invitation.may_be_resent)
    )
    return [row.id for row in rows if facts.ended_invitations.get(row.id) == row.created_at]


def _members(facts: Facts, same: set[int]) -> Iterator[Callable[[], object]]:
    """Deactivations, demotions and earlier ends; somebody who left is deactivated."""
    query = (
        select(Membership).join(Membership.user).where(Membership.is_active).order_by(Membership.id)
    )
    for member in db.session.scalars(query.where(Membership.organization_id.in_(same))).all():
        user = facts.users.get(member.user_id)
        if user is None or user.created_at != member.user.created_at or user.deleted_at:
            continue
        since = facts.members.get((member.organization_id, member.user_id))
        organization = member.organization
        if since is None or since.status != "active":
            yield partial(roles.deactivate, organization, member.id, by=OPERATOR)
            continue
        if permissions.is_less(since.role, member.role):
            yield partial(roles.change_role, organization, member.id, by=OPERATOR, role=since.role)
        if since.ends_at and (member.ends_at is None or since.ends_at < member.ends_at):
            yield partial(_end_again, organization, member.id, since.ends_at)


def _groups(facts: Facts, same: set[int]) -> Iterator[Callable[[], object]]:
    """Who was taken out of a group; all who were in one that was deleted."""
    query = (
        select(Membership, Group)
        .join(GroupMember, GroupMember.membership_id == Membership.id)
        .join(Group, Group.id == GroupMember.group_id)
        .where(Membership.organization_id.in_(same))
        .order_by(Group.id, Membership.id)
    )
    for member, group in db.session.execute(query).all():
        is_known = facts.groups.get(group.id) == group.created_at
        if is_known and (group.id, member.user_id) not in facts.in_groups:
            out = partial(group_members.remove, member.organization, group.slug, member.id)
            yield partial(out, by=OPERATOR)


def _links(facts: Facts, same: set[int]) -> Iterator[Callable[[], object]]:
    query = select(JoinLink).where(
        JoinLink.revoked_at.is_(None), JoinLink.organization_id.in_(same)
    )
    for link in db.session.scalars(query.order_by(JoinLink.id)).all():
        if facts.revoked_links.get(link.id) == link.created_at:
            yield partial(links.revoke, link.organization, link.id, by=OPERATOR)


@transaction()
def _end_again(organization: Organization, membership_id: int, ends_at: datetime) -> None:
    if ends_at <= clock.now():
        ends.end_now(organization, membership_id, by=OPERATOR)
    else:
        ends.set_end(organization, membership_id, by=OPERATOR, ends_at=ends_at)


def _webhooks(facts: Facts, same: set[int]) -> Iterator[Callable[[], object]]:
    query = select(WebhookEndpoint).where(
        WebhookEndpoint.state == WebhookState.ON, WebhookEndpoint.organization_id.in_(same)
    )
    for endpoint in db.session.scalars(query).all():
        if facts.working_webhooks.get(endpoint.id) != endpoint.created_at:
            yield partial(webhooks.switch_off, endpoint.organization, endpoint.id, by=OPERATOR)


def _objection(verb: Callable[[], object]) -> str | None:
    """What a rule says against a verb, which then is not done."""
    try:
        verb()
    except Refusal as refusal:
        return refusal.message
    return None
