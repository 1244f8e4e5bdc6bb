"""Mailing again the addresses that mail came back from.

Admins decide about those of their own organization. What an owner asked for stays the operator's:
otherwise an admin could undo an unsubscription.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, select

from webapp.db import db, transaction
from webapp.domain import events, organizations
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.organizations import permissions
from webapp.languages import gettext
from webapp.models import Organization, Suppression

MOST = 200


def find(organization: Organization, ids: Sequence[int]) -> list[Suppression]:
    """Those of the organization's suppressed addresses that an admin can lift, by address."""
    query = select(Suppression).where(*_bounced(organization, ids))
    return list(db.session.scalars(query.order_by(Suppression.email_key)))


@transaction()
def lift(
    organization: Organization, ids: Sequence[int], *, by: Actor, reason: str | None
) -> list[str]:
    """Let the organization mail these addresses again; returns those that were lifted now.

    An owner who meanwhile unsubscribed stays suppressed: the database decides with the deletion.
    """
    organizations.lock(organization)
    permissions.require(organization, by, "settings:write")
    why = suppressions.reason_of(reason)
    if why is None:
        raise Refusal(
            gettext("Say why mail will arrive now. The reason is recorded in the audit trail."),
            "reason",
        )
    deleted = delete(Suppression).where(*_bounced(organization, ids)).returning(Suppression.email)
    lifted = sorted(db.session.scalars(deleted.execution_options(synchronize_session=False)))
    if not lifted:
        raise Refusal(
            gettext(
                "Mail to these addresses is already allowed, or only the operator can allow it."
            )
        )
    for email in lifted:
        events.record(organization, "SuppressionLifted", by=by, email=email, reason=why)
    return lifted


def _bounced(organization: Organization, ids: Sequence[int]) -> Sequence[ColumnElement[bool]]:
    return (
        Suppression.organization_id == organization.id,
        Suppression.reason == suppressions.BOUNCED,
        Suppression.id.in_(ids[:MOST]),
    )
