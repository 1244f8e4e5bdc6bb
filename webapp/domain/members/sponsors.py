"""Sponsors: who answers for a member, and is told before their access ends."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, case, func, null, or_, select, update
from sqlalchemy.orm import joinedload

from webapp.db import db, transaction
from webapp.domain import events
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor, versions
from webapp.domain.events.versions import Seen
from webapp.domain.members import holding
from webapp.domain.organizations import permissions
from webapp.languages import gettext
from webapp.models import Membership, Organization, User


@transaction()
def change(
    organization: Organization,
    membership_id: int,
    *,
    by: Actor,
    sponsor_id: int | None,
    seen: Seen | None = None,
) -> Membership:
    """Have another member answer for this one: the user with that id; None: nobody."""
    member, _invitations = holding.locked(organization, membership_id, by)
    before = member.sponsor_id
    last = partial(_last_change, organization, member)
    versions.refuse_changed(seen, member, writes=sponsor_id != before, told=last)
    if sponsor_id == before:
        return member
    if sponsor_id is not None and not _may_sponsor(member, sponsor_id):
        words = gettext("Choose another member who has access here.")
        raise Refusal(words, "sponsor")
    member.sponsor_id = sponsor_id
    holding.record(member, "SponsorChanged", by, before=before, sponsor=sponsor_id)
    return member


def candidates(member: Membership) -> list[Membership]:
    """Who could answer for the member: admins and managers here, and the present sponsor."""
    is_sponsor = Membership.user_id == member.sponsor_id
    rows = db.session.scalars(
        select(Membership)
        .options(joinedload(Membership.user))
        .where(
            Membership.organization_id == member.organization_id,
            Membership.user_id != member.user_id,
            Membership.has_access,
            or_(Membership.role.in_(("admin", "manager")), is_sponsor),
        )
        .order_by(is_sponsor.desc(), Membership.id)
        .limit(100)
    )
    return list(rows)


def count(member: Membership) -> int:
    """For how many members this one answers."""
    query = select(func.count()).select_from(Membership).where(*_sponsored_by(member))
    return int(db.session.scalar(query) or 0)


def count_of(organization: Organization, user: User) -> int:
    """For how many members of the organization the user answers."""
    query = select(func.count()).select_from(Membership)
    query = query.where(
        Membership.organization_id == organization.id, Membership.sponsor_id == user.id
    )
    return int(db.session.scalar(query) or 0)


def hand_over(member: Membership, *, to: Actor | None, by: Actor | str) -> None:
    """Have somebody else answer for those for whom this locked member does (rule 15).

    In the present transaction, with the organization held alone. Nobody answers for themselves.
    """
    number = count(member)
    if not number:
        return
    new_id = None if to is None or to.id == member.user_id else to.id
    sponsored = update(Membership).where(*_sponsored_by(member))
    db.session.execute(sponsored.values(sponsor_id=_unless_themselves(new_id)))
    events.record(
        member.organization_id,
        "SponsorshipsHandedOver",
        by=by,
        user_id=member.user_id,
        count=number,
        sponsor=new_id,
    )


def _unless_themselves(user_id: int | None) -> Any:
    return null() if user_id is None else case((Membership.user_id != user_id, user_id))


def _sponsored_by(member: Membership) -> tuple[ColumnElement[bool], ...]:
    return (
        Membership.organization_id == member.organization_id,
        Membership.sponsor_id == member.user_id,
    )


def _may_sponsor(member: Membership, sponsor_id: int) -> bool:
    role = permissions.role_of(member.organization_id, sponsor_id)
    return role is not None and sponsor_id != member.user_id


def _last_change(organization: Organization, member: Membership) -> str | None:
    return versions.last_change(
        organization, "SponsorChanged", lambda event: event.data["user_id"] == member.user_id
    )
