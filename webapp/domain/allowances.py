"""Who may be invited, and how many a day (rules 11 and 12)."""

from __future__ import annotations

from webapp import clock, config
from webapp.domain import quotas
from webapp.domain.addresses import Address
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor, Operator
from webapp.models import Organization


def refuse_foreign_domains(organization: Organization, by: Actor, address: Address) -> None:
    """Refuse when the invited address or the inviter's own is outside the allowed domains."""
    for allowed in (config.current().allowed_invite_domains, organization.domains):
        if not allowed:
            continue
        names = ", ".join(allowed)
        if address.domain not in allowed:
            raise Refusal(f"Only addresses at {names} can be invited here.", "email")
        if not isinstance(by, Operator) and by.email_key.rpartition("@")[2] not in allowed:
            raise Refusal(f"Only people with an address at {names} can invite here.", "email")


def count(organization: Organization, by: Actor) -> None:
    """Count one more invitation of today (UTC); refuses when a daily share is used up."""
    settings = config.current()
    when = clock.exact(clock.next_day())
    if not isinstance(by, Operator):
        most = settings.invitations_per_admin_per_day
        if not quotas.take("admin", by.id, most):
            raise Refusal(
                f"You have sent {most:,} invitations today, which is the most. "
                f"The count begins anew at {when}."
            )
    most = settings.invitations_per_org_per_day
    if not quotas.take("organization", organization.id, most):
        raise Refusal(
            f"This organization has sent {most:,} invitations today, which is the most. "
            f"The count begins anew at {when}."
        )
