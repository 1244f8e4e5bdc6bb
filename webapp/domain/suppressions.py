"""Addresses that an organization may not mail until the operator lifts it."""

from __future__ import annotations

from sqlalchemy import delete, select

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import addresses, events
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.events import OPERATOR
from webapp.models import Invitation, Organization, Suppression


def refuse(organization_id: int, email_key: str) -> None:
    """Refuse when the address's owner has asked this organization not to write."""
    found = db.session.scalar(
        select(Suppression.id).where(
            Suppression.organization_id == organization_id, Suppression.email_key == email_key
        )
    )
    if found is not None:
        raise Refusal(
            "The owner of this address has said that mail from this organization is not for them. "
            "Only the operator of this installation can lift that.",
            "email",
        )


def add(invitation: Invitation, reason: str) -> None:
    """Suppress the invitation's address for its organization, in the present transaction."""
    known = select(Suppression.id).where(
        Suppression.organization_id == invitation.organization_id,
        Suppression.email_key == invitation.email_key,
    )
    if db.session.scalar(known) is None:
        db.session.add(
            Suppression(
                organization_id=invitation.organization_id,
                email=invitation.email,
                email_key=invitation.email_key,
                reason=reason,
                created_at=clock.now(),
            )
        )


def everything() -> list[tuple[Suppression, Organization]]:
    """All suppressed addresses with their organizations, for the operator."""
    rows = db.session.execute(
        select(Suppression, Organization)
        .join(Organization, Organization.id == Suppression.organization_id)
        .order_by(Organization.slug, Suppression.email_key)
    )
    return [(suppression, organization) for suppression, organization in rows]


@transaction()
def lift(organization: Organization, email: str) -> None:
    """Let the organization mail the address again; as the operator. Raises NotFound."""
    address = addresses.parse(email)
    gone = db.session.execute(
        delete(Suppression).where(
            Suppression.organization_id == organization.id, Suppression.email_key == address.key
        )
    )
    if not gone.rowcount:  # type: ignore[attr-defined]
        raise NotFound(f"{address.shown} is not suppressed for {organization.slug}.")
    events.record(organization, "SuppressionLifted", by=OPERATOR, email=address.shown)
