"""What an organization's admins decide for it; who may read it here may also change it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from webapp import config
from webapp.db import transaction
from webapp.domain import addresses, events, organizations
from webapp.domain.errors import Objections, Refusal
from webapp.domain.events import OPERATOR, Actor, Operator, versions
from webapp.domain.events.versions import Seen
from webapp.domain.organizations import permissions
from webapp.models import Organization

DAYS = range(1, 31)  # that a link may be good for
DOMAINS_MOST = 2000  # characters, all together
REMINDER_HOURS = (12, 24, 48, 72)  # before a link ends
RETENTION_DAYS = (30, 90, 180, 365)  # after an invitation's end


@transaction()
def change_team(
    organization: Organization,
    *,
    by: Actor,
    name: str | None,
    requires_second_factor: bool,
    seen: Seen | None = None,
) -> None:
    """Change the organization's name, and whether its members need a second factor to get in."""
    _hold(organization, by)
    wrong = Objections()
    shown = organization.name
    with wrong:
        shown = organizations.named(name)
    with wrong:
        if requires_second_factor and not organization.requires_second_factor:
            _refuse_shutting_out(by)
    wrong.settle()
    _save(
        organization,
        by,
        seen,
        name=(shown, f"the name to “{shown}”"),
        requires_second_factor=(requires_second_factor, _demand(requires_second_factor)),
    )


@transaction()
def change_invitations(
    organization: Organization,
    *,
    by: Actor,
    expiry_days: int | None,
    allowed_domains: str | None,
    retention_days: int | None,
    seen: Seen | None = None,
) -> None:
    """Change how long a link is good (days; None: as the installation has it) and who is invited.

    The domains narrow the installation's own list (rule 11), and hold the actor's own. So many
    days after its end an invitation forgets who was invited; None: never.
    """
    _hold(organization, by)
    wrong = Objections()
    domains: tuple[str, ...] = ()
    with wrong:
        if expiry_days is not None and expiry_days not in DAYS:
            raise Refusal("Enter a number of days from 1 to 30.", "expiry_days")
    with wrong:
        domains = _domains(allowed_domains, by)
    with wrong:
        if retention_days is not None and retention_days not in RETENTION_DAYS:
            raise Refusal("Choose when addresses are erased.", "retention_days")
    wrong.settle()
    term = f"{expiry_days} days" if expiry_days else "as usual"
    end = f"{retention_days} days after the end" if retention_days else "never"
    _save(
        organization,
        by,
        seen,
        expiry_days=(expiry_days, f"the term of links to {term}"),
        allowed_domains=(
            " ".join(domains) or None,
            "who may be invited to " + (", ".join(domains) or "anyone"),
        ),
        retention_days=(retention_days, f"when addresses of invitations are erased to {end}"),
    )


@transaction()
def change_email(
    organization: Organization,
    *,
    by: Actor,
    reminders: bool,
    reminder_hours: int,
    reply_to_inviter: bool,
    seen: Seen | None = None,
) -> None:
    """Change whether people are reminded, how many hours before the end, and who gets answers."""
    _hold(organization, by)
    if reminder_hours not in REMINDER_HOURS:
        words = ", ".join(str(hours) for hours in REMINDER_HOURS)
        raise Refusal(f"Choose how many hours before the end: {words}.", "reminder_hours")
    _save(
        organization,
        by,
        seen,
        reminders=(reminders, "reminders to " + ("on" if reminders else "off")),
        reminder_hours=(reminder_hours, f"the time of reminders to {reminder_hours} hours"),
        reply_to_inviter=(
            reply_to_inviter,
            "where answers go to " + ("the inviter" if reply_to_inviter else "nobody"),
        ),
    )


@transaction()
def require_second_factor(organization: Organization, required: bool) -> None:
    """Let nobody into the organization without a second factor, or let everybody again."""
    organizations.hold(organization)
    _save(organization, OPERATOR, None, requires_second_factor=(required, _demand(required)))


def _hold(organization: Organization, by: Actor) -> None:
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "settings:write")


def _save(
    organization: Organization, by: Actor, seen: Seen | None, **changes: tuple[Any, str]
) -> None:
    """Write what is not so yet, each with its words for the record."""
    changed = [name for name, (value, _) in changes.items() if getattr(organization, name) != value]
    if not changed:
        return
    told = partial(_last_change, organization, [words for _, words in changes.values()])
    versions.refuse_changed(seen, organization, writes=changed, told=told)
    for name in changed:
        setattr(organization, name, changes[name][0])
    said = " and ".join(changes[name][1] for name in changed)
    events.record(organization, "SettingsChanged", by=by, changed=said)


def _last_change(organization: Organization, changes: Sequence[str]) -> str | None:
    """Who last changed any of these, whose words for the record begin alike whatever the value."""
    what = [words.partition(" to ")[0] for words in changes]
    return versions.last_change(
        organization,
        "SettingsChanged",
        lambda event: any(one in event.data["changed"] for one in what),
    )


def _refuse_shutting_out(by: Actor) -> None:
    if not isinstance(by, Operator) and not by.has_second_factor:
        raise Refusal(
            "Switch your own second factor on first: you would shut yourself out.",
            "requires_second_factor",
        )


def _domains(text: str | None, by: Actor) -> tuple[str, ...]:
    field = "allowed_domains"
    names = addresses.domains(text, field=field)
    if len(" ".join(names)) > DOMAINS_MOST:
        raise Refusal("These are too many domains. Name fewer.", field)
    outer = config.current().allowed_invite_domains
    foreign = [name for name in names if outer and name not in outer]
    if foreign:
        raise Refusal(
            f"This installation invites only at {', '.join(outer)}. Take out {foreign[0]}.", field
        )
    if names and not isinstance(by, Operator):
        own = by.email_key.rpartition("@")[2]
        if own not in names:
            raise Refusal(f"Add your own domain, {own}: you could not invite any more.", field)
    return names


def _demand(required: bool) -> str:
    return "the second factor to " + ("required" if required else "optional")
