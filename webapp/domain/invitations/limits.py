"""Who may be invited, and how many a day (rules 11 and 12)."""

from __future__ import annotations

from webapp import clock, config
from webapp.domain import quotas
from webapp.domain.addresses import Address
from webapp.domain.errors import Refusal, UsedUp
from webapp.domain.events import Actor, Operator
from webapp.models import Organization


def refuse_foreign_domains(organization: Organization, by: Actor, address: Address) -> None:
    """Refuse when the invited address or the inviter's is outside the allowed domains."""
    for allowed in (config.current().allowed_invite_domains, organization.domains):
        if not allowed:
            continue
        names = ", ".join(allowed)
        if address.domain not in allowed:
            raise Refusal(f"Only addresses at {names} can be invited here.", "email")
        if not isinstance(by, Operator) and by.email_key.rpartition("@")[2] not in allowed:
            raise Refusal(f"Only people with an address at {names} can invite here.", "email")


def count(organization: Organization, by: Actor) -> None:
    """Count one more invitation today (UTC); refuses when a daily share is used up."""
    for kind, subject, most, whose in _shares(organization, by):
        if not quotas.take(kind, subject, most):
            raise _used_up(whose, most)


def left(organization: Organization, by: Actor, *, hold: bool = False) -> tuple[int, UsedUp]:
    """How many more may be invited today, and the refusal of any beyond that.

    With `hold` the shares stay locked until the transaction ends; `add` then counts against them.
    """
    used = quotas.hold if hold else quotas.used
    remainders = [
        (most - used(kind, subject), _used_up(whose, most))
        for kind, subject, most, whose in _shares(organization, by)
    ]
    number, refusal = min(remainders, key=lambda remainder: remainder[0])
    return max(number, 0), refusal


def add(organization: Organization, by: Actor, number: int) -> None:
    """Count this many more invitations today, with the shares held."""
    for kind, subject, _, _ in _shares(organization, by):
        quotas.add(kind, subject, number)


def _shares(organization: Organization, by: Actor) -> list[tuple[str, int, int, str]]:
    settings = config.current()
    most = settings.invitations_per_org_per_day
    shares = [("organization", organization.id, most, "This organization has")]
    if not isinstance(by, Operator):
        shares.insert(0, ("admin", by.id, settings.invitations_per_admin_per_day, "You have"))
    return shares


def _used_up(whose: str, most: int) -> UsedUp:
    until = clock.next_day()
    return UsedUp(
        f"{whose} sent {most:,} invitations today, which is the most. "
        f"The count starts again at {clock.exact(until)}.",
        until=until,
    )
