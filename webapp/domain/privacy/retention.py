"""Erasing whom invitations and requests were for, once the retention period is over."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, select, text

from webapp import clock, queue, sqlite_remains
from webapp.db import db, transaction
from webapp.domain import events, organizations
from webapp.domain.privacy import invitation_erasures, request_erasures
from webapp.models import Delivery, Invitation, Organization
from webapp.models.delivery import WAITING
from webapp.models.invitation import NAMED

ERASE = "jobs.sweeps.erase"
BATCH = 100
SECONDS = 10  # then mails have their turn


def erase_due() -> int:
    """Erase those that are due, batch by batch, for some seconds; enqueues what is left.

    Then clears the database's file of all that was erased since the last time, here or by other
    verbs. Returns how many invitations and requests. Safe to run twice.
    """
    total = _erase_for_a_while()
    sqlite_remains.clear()
    return total


def _erase_for_a_while() -> int:
    total, until = 0, time.monotonic() + SECONDS
    query = select(Organization).where(Organization.retention_days.is_not(None))
    for organization in db.session.scalars(query.order_by(Organization.id)).all():
        while count := _erase_batch(organization):
            total += count
            if time.monotonic() >= until:
                queue.enqueue(ERASE)
                return total
    return total


def due(organization_id: int, until: datetime) -> Select[int]:
    """Which ended before that moment and still say who was invited; earliest end first."""
    under_way = exists().where(
        Delivery.invitation_id == Invitation.id, text(f"deliveries.{WAITING}")
    )
    return (
        select(Invitation.id)
        .where(
            Invitation.organization_id == organization_id,
            text(NAMED),
            Invitation.ended_at <= until,
            ~under_way,
        )
        .order_by(Invitation.ended_at)
        .limit(BATCH)
    )


@transaction()
def _erase_batch(organization: Organization) -> int:
    """Erase the next of one organization, suspended or not.

    Invitations that are locked or have a mail under way are left for the next time. So are those
    that were sent anew meanwhile: each is checked again under its lock.
    """
    organizations.hold(organization)
    if organization.retention_days is None:
        return 0
    until = clock.now() - timedelta(days=organization.retention_days)
    ids = db.session.scalars(due(organization.id, until)).all()
    invitations = [
        invitation
        for invitation in invitation_erasures.hold(ids, wait=False)
        if invitation.ended_at is not None
        and invitation.ended_at <= until
        and not invitation.is_erased
    ]
    requests = request_erasures.of_ended(organization, until)
    if invitations:
        invitation_erasures.of_invitations(organization, invitations)
        sqlite_remains.note()
        events.record(organization, "InvitationsErased", by="system", erased=len(invitations))
    return len(invitations) + requests
