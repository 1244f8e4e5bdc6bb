"""What the scheduler does at its times: ends what ran out, forgets what is not needed."""

from __future__ import annotations

from sqlalchemy import select

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import (
    bulk_imports,
    invitation_counts,
    invitations,
    mail_templates,
    provider_events,
    quotas,
    tallies,
)
from webapp.models import Invitation, InvitationState

BATCH = 1000


def expire() -> int:
    """Mark all invitations whose links ran out, batch by batch; returns how many."""
    total = 0
    while count := _expire_batch():
        total += count
    return total


@transaction()
def _expire_batch() -> int:
    due = db.session.scalars(
        select(Invitation)
        .where(Invitation.state == InvitationState.PENDING, Invitation.expires_at <= clock.now())
        .order_by(Invitation.expires_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    invitations.expire(due)
    return len(due)


def tidy() -> int:
    """Drop what is of no use any more: counters, ids of events, drafts, lists nobody started."""
    return (
        quotas.forget_before_today()
        + provider_events.forget()
        + mail_templates.forget_drafts()
        + bulk_imports.forget()
    )


def sum_up() -> int:
    """Add up the lines of the invitations' counts, and what the operator's figures count."""
    return invitation_counts.sum_up() + tallies.sum_up()
