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

# The last invitation of a batch: when its link ends, and its id.
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
    """Send up to BATCH reminders of one organization; how many, and the place to continue from."""
    try:
        organizations.lock(organization)
    except Refusal:  # suspended since
        return 0, None
    query = _due_invitations(organization, clock.now(), after)
    rows = db.session.scalars(query).all() if organization.reminders else []
    # The daily shares of addresses stay locked until commit: taken in one order, no deadlock.
    reminded = sum(_remind(row) for row in sorted(rows, key=lambda row: row.email_key))
    last = rows[-1] if len(rows) == BATCH else None
    return reminded, (last.expires_at, last.id) if last else None


def _due_invitations(
    organization: Organization, now: datetime, after: Place | None
) -> Select[Invitation]:
    query = (
        select(Invitation)
        .where(
            Invitation.organization_id == organization.id,
            *_due(organization.reminder_hours, now),
            Invitation.is_backed(),  # otherwise the link does not work (rule 9)
        )
        .order_by(Invitation.expires_at, Invitation.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if after is not None:
        query = query.where(tuple_(Invitation.expires_at, Invitation.id) > after)
    return query


def _remind(invitation: Invitation) -> bool:
    try:
        deliveries.to_invitee(invitation, KIND)
    except Refusal:
        return False  # suppressed, or the daily share is used up: tried again next time
    invitation.reminded_at = clock.now()
    invitations.record(invitation, "InvitationReminded", "system", email=invitation.email)
    return True


def _organizations(now: datetime) -> Select[int]:
    """The organizations with somebody to remind: one index lookup for each."""
    *shorter, longest = ((hours, now + timedelta(hours=hours)) for hours in REMINDER_HOURS)
    soon = case(*((Organization.reminder_hours == n, at) for n, at in shorter), else_=longest[1])
    has_reminders = exists().where(
        Invitation.organization_id == Organization.id,
        text(REMINDABLE),
        Invitation.expires_at > now,
        Invitation.expires_at <= soon,
    )
    return select(Organization.id).where(
        Organization.reminders, Organization.is_active, has_reminders
    )


def _due(hours: int, now: datetime) -> list[ColumnElement[bool]]:
    """The link ends within these hours, and at least half of its term is over."""
    short_terms = [days for days in range(1, 7) if days * 12 < hours]
    soon = now + timedelta(hours=hours)
    if short_terms:
        halves = ((Invitation.expiry_days == n, now + timedelta(hours=n * 12)) for n in short_terms)
        half_is_over = [Invitation.expires_at <= case(*halves, else_=soon)]
    else:
        half_is_over = []
    return [
        text(REMINDABLE),  # type: ignore[list-item]
        Invitation.expires_at > now,
        Invitation.expires_at <= soon,
        *half_is_over,
    ]
