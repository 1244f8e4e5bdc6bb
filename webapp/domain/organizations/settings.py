"""The settings of an organization; everyone who can read them can also change them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from webapp.db import transaction
from webapp.domain import events, language_choices, organizations
from webapp.domain.errors import Objections, Refusal
from webapp.domain.events import OPERATOR, Actor, Operator, versions
from webapp.domain.events.versions import Seen
from webapp.domain.organizations import colors, domain_lists, permissions
from webapp.languages import gettext, marked
from webapp.models import Organization

DAYS = range(1, 31)  # for which a link can work
REMINDER_HOURS = (12, 24, 48, 72)  # before a link ends
RETENTION_DAYS = (30, 90, 180, 365)  # after an invitation's end
NO_COLOR = marked("Choose one of the colors.")


@transaction()
def change_team(
    organization: Organization,
    *,
    by: Actor,
    name: str | None,
    requires_second_factor: bool,
    color: str | None = None,
    seen: Seen | None = None,
) -> None:
    """Change its name, its color (None: as it is), and whether members need a second factor."""
    _hold(organization, by)
    objections = Objections()
    new_name = organization.name
    color = color or organization.color
    with objections:
        new_name = organizations.named(name)
    with objections:
        if requires_second_factor and not organization.requires_second_factor:
            _refuse_shutting_out(by)
    with objections:
        if color not in {*colors.COLORS, organization.color}:
            raise Refusal(gettext(NO_COLOR), "color")
    objections.settle()
    _save(
        organization,
        by,
        seen,
        name=(new_name, f"the name to “{new_name}”"),
        color=(color, f"the color to {color}"),
        requires_second_factor=(requires_second_factor, _factor_words(requires_second_factor)),
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
    """Change how many days a link works (None: the installation's default) and who can be invited.

    The domains narrow the installation's list (rule 11) and include the actor's. An invitation
    forgets who was invited `retention_days` after its end; None: never.
    """
    _hold(organization, by)
    domains = _checked(expiry_days, allowed_domains, retention_days, by)
    term = f"{expiry_days} days" if expiry_days else "the default"
    end = f"{retention_days} days after they end" if retention_days else "never"
    _save(
        organization,
        by,
        seen,
        expiry_days=(expiry_days, f"the term of links to {term}"),
        allowed_domains=(
            " ".join(domains) or None,
            "who can be invited to " + (", ".join(domains) or "anyone"),
        ),
        retention_days=(retention_days, f"when ended invitations are erased to {end}"),
    )


def _checked(
    expiry_days: int | None, allowed_domains: str | None, retention_days: int | None, by: Actor
) -> tuple[str, ...]:
    """The domains; refuses whatever of these cannot be set."""
    objections = Objections()
    domains: tuple[str, ...] = ()
    with objections:
        if expiry_days is not None and expiry_days not in DAYS:
            raise Refusal(gettext("Enter a number of days from 1 to 30."), "expiry_days")
    with objections:
        domains = domain_lists.read(allowed_domains, by)
    with objections:
        if retention_days is not None and retention_days not in RETENTION_DAYS:
            words = gettext("Choose when ended invitations are erased.")
            raise Refusal(words, "retention_days")
    objections.settle()
    return domains


@transaction()
def change_email(
    organization: Organization,
    *,
    by: Actor,
    reminders: bool,
    reminder_hours: int,
    reply_to_inviter: bool,
    language: str | None = None,
    seen: Seen | None = None,
) -> None:
    """Change when people are reminded, who gets their replies, and which language they read.

    `language` is a tag (BCP 47); None: English in mail, on pages what their browser asks for.
    """
    _hold(organization, by)
    if reminder_hours not in REMINDER_HOURS:
        words = gettext(
            "Choose how many hours before the link expires: %(hours)s.",
            hours=", ".join(str(hours) for hours in REMINDER_HOURS),
        )
        raise Refusal(words, "reminder_hours")
    _save(
        organization,
        by,
        seen,
        reminders=(reminders, "reminders to " + ("on" if reminders else "off")),
        reminder_hours=(reminder_hours, f"the time of reminders to {reminder_hours} hours"),
        reply_to_inviter=(
            reply_to_inviter,
            "the address for replies to "
            + ("the inviter’s" if reply_to_inviter else "Gatehouse’s"),
        ),
        language=(language, f"the language of invitations to {_language(language)}"),
    )


def _language(tag: str | None) -> str:
    """Its name; refuses a language that there is not."""
    if tag is None:
        return "the reader’s"
    return language_choices.named(tag).name


@transaction()
def require_second_factor(organization: Organization, required: bool) -> None:
    """Require a second factor of the organization's members, or stop requiring it."""
    organizations.hold(organization)
    _save(organization, OPERATOR, None, requires_second_factor=(required, _factor_words(required)))


def _hold(organization: Organization, by: Actor) -> None:
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "settings:write")


def _save(
    organization: Organization, by: Actor, seen: Seen | None, **changes: tuple[Any, str]
) -> None:
    """Set the columns whose values differ, and record the change in words."""
    changed = [name for name, (value, _) in changes.items() if getattr(organization, name) != value]
    if not changed:
        return
    last_change = partial(_last_change, organization, [words for _, words in changes.values()])
    versions.refuse_changed(seen, organization, writes=changed, told=last_change)
    for name in changed:
        setattr(organization, name, changes[name][0])
    words = " and ".join(changes[name][1] for name in changed)
    events.record(organization, "SettingsChanged", by=by, changed=words)


def _last_change(organization: Organization, changes: Sequence[str]) -> str | None:
    """Who last changed any of these settings, which the event names before the word “to”."""
    settings = [words.partition(" to ")[0] for words in changes]
    return versions.last_change(
        organization,
        "SettingsChanged",
        lambda event: any(setting in event.data["changed"] for setting in settings),
    )


def _refuse_shutting_out(by: Actor) -> None:
    if not isinstance(by, Operator) and not by.has_second_factor:
        raise Refusal(
            gettext("Turn on your own second factor first. Otherwise you would lock yourself out."),
            "requires_second_factor",
        )


def _factor_words(required: bool) -> str:
    return "the second factor to " + ("required" if required else "optional")
