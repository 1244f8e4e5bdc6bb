"""Reminding invited people once before their link ends (docs/mail.md#reminders)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, case, exists, select, text, tuple_

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import invitations, organizations
from webapp.domain.deliverability import deliveries
from webapp.domain.errors import Refusal
from webapp.domain.organizations.settings import REMINDER_HOURS
from webapp.models import Invitation, Organization
from webapp.models.invitation import REMINDABLE

KIND = "reminder"
BATCH = 200

# Where the last batch of an organization ended: a link's end, and the invitation's id.
Place = tuple[datetime, int]


def send_due() -> int:
    """Queue the reminders that are due, batch by batch; returns how many. Safe to run twice."""
    total = 0
    for organization_id in db.session.scalars(_organizations(clock.now())).all():
        organization = db.session.get_one(Organization, organization_id)
        place: Place | None = None
        while True:
            count, place = _send_batch(organization, place)
            total += count
            if place is None:
                break
    return total


@transaction()
def _send_batch(organization: Organization, after: Place | None) -> tuple[int, Place | None]:
    """Remind of up to BATCH invitations of one organization; how many, and where to go on."""
    try:
        organizations.lock(organization)
    except Refusal:  # suspended meanwhile
        return 0, None
    now = clock.now()
    query = (
        select(Invitation)
        .where(
            Invitation.organization_id == organization.id,
            *_due(organization.reminder_hours, now),
            Invitation.is_backed(),  # the link would be dead already otherwise (rule 9)
        )
        .order_by(Invitation.expires_at, Invitation.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if after is not None:
        query = query.where(tuple_(Invitation.expires_at, Invitation.id) > after)
    rows = db.session.scalars(query).all() if organization.reminders else []
    # The daily shares of addresses are held until commit: always in one order, never in a circle.
    reminded = sum(_remind(row) for row in sorted(rows, key=lambda row: row.email_key))
    last = rows[-1] if len(rows) == BATCH else None
    return reminded, (last.expires_at, last.id) if last else None


def _remind(invitation: Invitation) -> bool:
    try:
        deliveries.to_invitee(invitation, KIND)
    except Refusal:
        return False  # suppressed, or today's share of mails is used up: looked at again next time
    invitation.reminded_at = clock.now()
    invitations.record(invitation, "InvitationReminded", "system", email=invitation.email)
    return True


def _organizations(now: datetime) -> Select[int]:
    """Those with somebody to remind: one look into the index for each."""
    *shorter, longest = ((hours, now + timedelta(hours=hours)) for hours in REMINDER_HOURS)
    soon = case(*((Organization.reminder_hours == n, at) for n, at in shorter), else_=longest[1])
    somebody = exists().where(
        Invitation.organization_id == Organization.id,
        text(REMINDABLE),
        Invitation.expires_at > now,
        Invitation.expires_at <= soon,
    )
    return select(Organization.id).where(Organization.reminders, Organization.is_active, somebody)


def _due(hours: int, now: datetime) -> list[ColumnElement[bool]]:
    """The link ends within the hours, and at least half of its term is over."""
    short = [days for days in range(1, 7) if days * 12 < hours]
    soon = now + timedelta(hours=hours)
    if short:
        halves = ((Invitation.expiry_days == n, now + timedelta(hours=n * 12)) for n in short)
        half_is_over = [Invitation.expires_at <= case(*halves, else_=soon)]
    else:
        half_is_over = []
    return [
        text(REMINDABLE),  # type: ignore[list-item]
        Invitation.expires_at > now,
        Invitation.expires_at <= soon,
        *half_is_over,
    ]
