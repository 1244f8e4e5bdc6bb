"""Who may be invited, and how many a day (rules 11 and 12)."""

from __future__ import annotations

from webapp import clock, config, formats
from webapp.domain import quotas
from webapp.domain.addresses import Address
from webapp.domain.errors import Refusal, UsedUp
from webapp.domain.events import Actor, Operator
from webapp.languages import gettext, marked
from webapp.models import Organization

# The refusals of more than a daily share.
_OF_ORGANIZATION = marked(
    "This organization has sent %(most)s invitations today, which is the daily limit. You can send "
    "more from %(time)s."
)
_OF_ADMIN = marked(
    "You have sent %(most)s invitations today, which is the daily limit. You can send more from "
    "%(time)s."
)


def refuse_foreign_domains(organization: Organization, by: Actor, address: Address) -> None:
    """Refuse when the invited address or the inviter's is outside the allowed domains."""
    for allowed in (config.current().allowed_invite_domains, organization.domains):
        if not allowed:
            continue
        names = formats.listed(allowed)
        if address.domain not in allowed:
            words = gettext("You can only invite addresses at %(domains)s.", domains=names)
            raise Refusal(words, "email")
        if not isinstance(by, Operator) and by.email_key.rpartition("@")[2] not in allowed:
            words = gettext(
                "Only people with an address at %(domains)s can send invitations here.",
                domains=names,
            )
            raise Refusal(words, "email")


def count(organization: Organization, by: Actor) -> None:
    """Count one more invitation today (UTC); refuses when a daily share is used up."""
    for kind, subject, most, words in _shares(organization, by):
        if not quotas.take(kind, subject, most):
            raise _used_up(words, most)


def left(organization: Organization, by: Actor, *, hold: bool = False) -> tuple[int, UsedUp]:
    """How many more may be invited today, and the refusal of any beyond that.

    With `hold` the shares stay locked until the transaction ends; `add` then counts against them.
    """
    used = quotas.hold if hold else quotas.used
    remainders = [
        (most - used(kind, subject), _used_up(words, most))
        for kind, subject, most, words in _shares(organization, by)
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
    shares = [("organization", organization.id, most, _OF_ORGANIZATION)]
    if not isinstance(by, Operator):
        shares.insert(0, ("admin", by.id, settings.invitations_per_admin_per_day, _OF_ADMIN))
    return shares


def _used_up(words: str, most: int) -> UsedUp:
    until = clock.next_day()
    told = gettext(words, most=formats.number(most), time=formats.exact(until))
    return UsedUp(told, until=until)
