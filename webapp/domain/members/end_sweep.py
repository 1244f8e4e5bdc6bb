"""What follows once somebody's access has ended; and ends that are put off for want of an admin.

Access itself is over without this: `Membership.has_access` asks the clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row, and_, or_, select, text, tuple_

from webapp import clock
from webapp.db import after_commit, db, transaction
from webapp.domain import organizations, upkeep
from webapp.domain.errors import NotFound
from webapp.domain.invitations import inviter_handover
from webapp.domain.links import handover
from webapp.domain.members import end_rules, ends, holding
from webapp.domain.organizations import days, permissions
from webapp.models import Invitation, Membership, Organization, Role, User
from webapp.models.membership import ENDING

BATCH = 200
AHEAD = timedelta(days=1)  # the end of a last admin is put off this long before
PUT_OFF_DAYS = 7

log = logging.getLogger("gatehouse.members")
Place = tuple[datetime, int]


def sweep() -> int:
    """Record all ends that have come, batch by batch; returns how many. Safe to run twice."""
    return sum(upkeep.each(_acts()))


def _acts() -> Iterator[Callable[[], bool]]:
    place = None
    while batch := _due(place):
        for row in batch:
            yield partial(_settle, row.organization_id, row.id)
        place = batch[-1].ends_at, batch[-1].id


def _due(after: Place | None) -> list[Row[Any]]:
    """The next members whose end has come, or would come soon for an admin."""
    now = clock.now()
    is_near = and_(Membership.role == Role.ADMIN, Membership.ends_at <= now + AHEAD)
    query = (
        select(Membership.id, Membership.organization_id, Membership.ends_at)
        .where(
            text(ENDING),
            Membership.status == "active",
            Membership.ends_at <= now + AHEAD,
            or_(Membership.ends_at <= now, is_near),
        )
        .order_by(Membership.ends_at, Membership.id)
        .limit(BATCH)
    )
    if after is not None:
        query = query.where(tuple_(Membership.ends_at, Membership.id) > after)
    return list(db.session.execute(query))


@transaction()
def _settle(organization_id: int, membership_id: int) -> bool:
    """Record one end, or put it off; whether it was recorded. Everything is asked again."""
    organization = db.session.get_one(Organization, organization_id)
    organizations.hold(organization)
    try:
        member, invitations = holding.rows(organization, membership_id)
    except NotFound:  # has left since
        return False
    if member.ends_at is None or member.ended_at is not None or not member.is_active:
        return False
    if member.ends_at <= clock.now() + AHEAD and end_rules.leaves_no_admin(member, member.ends_at):
        _put_off(organization, member, member.ends_at)
        return False
    if member.ends_at > clock.now():
        return False
    successor = _successor(member)
    if member.role == Role.ADMIN:
        _hand_over(invitations, successor)
        handover.pass_on(member, to=successor, by="system")
    ends.finish(member, to=successor, by="system")
    return True


def _put_off(organization: Organization, member: Membership, end: datetime) -> None:
    later = days.after(organization, PUT_OFF_DAYS, max(end, clock.now()))
    ends.put_off(member, later)
    words = "%s would have been left without an admin: the last one's end is put off to %s"
    after_commit(partial(log.warning, words, organization.slug, later.isoformat()))


def _successor(member: Membership) -> User | None:
    """The sponsor, if they are an admin with access."""
    if member.sponsor_id is None:
        return None
    role = permissions.role_of(member.organization_id, member.sponsor_id)
    return db.session.get(User, member.sponsor_id) if role == Role.ADMIN else None


def _hand_over(invitations: list[Invitation], successor: User | None) -> None:
    if successor is None:
        inviter_handover.revoke(invitations, by="system")
    else:
        inviter_handover.hand_over(invitations, to=successor)
