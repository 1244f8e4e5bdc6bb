"""Invitations that ended as long ago as their organization says forget whom they were for."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import exists, select, text

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import erasures, events, organizations
from webapp.models import Delivery, Invitation, Organization
from webapp.models.delivery import WAITING
from webapp.models.invitation import NAMED

BATCH = 100


def erase_due() -> int:
    """Erase all that are due, batch by batch; returns how many. Safe to run twice."""
    total = 0
    wishes = select(Organization).where(Organization.retention_days.is_not(None))
    for organization in db.session.scalars(wishes.order_by(Organization.id)).all():
        while count := _erase_batch(organization):
            total += count
    return total


@transaction()
def _erase_batch(organization: Organization) -> int:
    """Erase the next of one organization, suspended or not.

    What somebody holds just now, or has a mail under way, is left for the next time. So is what was
    sent anew meanwhile: it is looked at again under its lock.
    """
    organizations.hold(organization)
    if organization.retention_days is None:
        return 0
    until = clock.now() - timedelta(days=organization.retention_days)
    under_way = exists().where(
        Delivery.invitation_id == Invitation.id, text(f"deliveries.{WAITING}")
    )
    ids = db.session.scalars(
        select(Invitation.id)
        .where(
            Invitation.organization_id == organization.id,
            text(NAMED),
            Invitation.ended_at <= until,
            ~under_way,
        )
        .order_by(Invitation.ended_at)
        .limit(BATCH)
    ).all()
    due = [
        one
        for one in erasures.hold(ids, wait=False)
        if one.ended_at is not None and one.ended_at <= until and not one.is_erased
    ]
    if due:
        erasures.of_invitations(organization, due)
        events.record(organization, "InvitationsErased", by="system", erased=len(due))
    return len(due)
