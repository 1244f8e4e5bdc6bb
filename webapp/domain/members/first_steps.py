"""What the first admin of a new organization does first, ticked off by what has happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select

from webapp import clock
from webapp.db import db
from webapp.domain.organizations import memberships
from webapp.models import Delivery, DeliveryState, Event, Invitation, Organization

NEW = timedelta(days=30)  # how long an organization counts as new


class Step(NamedTuple):
    """One step, and whether it is done."""

    name: str  # "settings", "invite" or "mail"
    is_done: bool


def of(organization: Organization) -> Sequence[Step]:
    """The three steps; none once all are done, somebody else has joined, or a month has passed."""
    if clock.now() - organization.created_at > NEW or not memberships.is_alone(organization):
        return ()
    changed = select(Event.id).where(
        Event.organization_id == organization.id, Event.name == "SettingsChanged"
    )
    invited = select(Invitation.id).where(
        Invitation.organization_id == organization.id, Invitation.inviter_id.is_not(None)
    )
    sent = select(Delivery.id).where(
        Delivery.organization_id == organization.id, Delivery.state == DeliveryState.SENT
    )
    facts = {"settings": changed, "invite": invited, "mail": sent}
    steps = [Step(name, bool(db.session.scalar(fact.limit(1)))) for name, fact in facts.items()]
    return () if all(step.is_done for step in steps) else steps
