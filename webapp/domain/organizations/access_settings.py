"""The settings of access: in which time zone days end, and how long access lasts by role."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from webapp.db import db, transaction
from webapp.domain import events, organizations
from webapp.domain.errors import Objections, Refusal
from webapp.domain.events import Actor, versions
from webapp.domain.events.versions import Seen
from webapp.domain.organizations import access_terms, days, permissions
from webapp.domain.organizations.access_terms import Term
from webapp.languages import gettext
from webapp.models import AccessTerm, Organization

MARKS = ("the time zone", "the usual access", "the longest access")


@transaction()
def change(
    organization: Organization,
    *,
    by: Actor,
    time_zone: str | None,
    terms: Mapping[str, Term],
    seen: Seen | None = None,
) -> None:
    """Change the time zone, and the usual and longest terms of roles; members keep their ends."""
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "settings:write")
    zone = _checked(time_zone, terms)
    present = access_terms.of(organization)
    new_terms = {role: terms.get(role, term) for role, term in present.items()}
    changes = _changes(organization, zone, present, new_terms)
    told = partial(_last_change, organization)
    versions.refuse_changed(seen, organization, writes=changes, told=told)
    if not changes:
        return
    organization.time_zone = zone
    for role, term in new_terms.items():
        if term != present[role]:
            db.session.merge(
                AccessTerm(organization_id=organization.id, role=role, **term._asdict())
            )
    db.session.flush()
    events.record(organization, "SettingsChanged", by=by, changed=" and ".join(changes))


def _checked(time_zone: str | None, terms: Mapping[str, Term]) -> str:
    """The zone's own name; refuses whatever of these cannot be set."""
    objections = Objections()
    zone = ""
    with objections:
        zone = days.zone_named(time_zone)
    for role, term in terms.items():
        with objections:
            _refuse_number(term.default_days, f"default_{role}")
        with objections:
            _refuse_number(term.longest_days, f"longest_{role}")
        with objections:
            if term.default_days and term.longest_days and term.default_days > term.longest_days:
                words = gettext("The usual term is longer than the longest one. Shorten it.")
                raise Refusal(words, f"default_{role}")
    objections.settle()
    return zone


def _refuse_number(number: int | None, field: str) -> None:
    if number is not None and not 1 <= number <= access_terms.MOST:
        words = gettext(
            "Enter a number of days from 1 to %(most)s, or nothing.", most=access_terms.MOST
        )
        raise Refusal(words, field)


def _changes(
    organization: Organization, zone: str, before: Mapping[str, Term], after: Mapping[str, Term]
) -> list[str]:
    """What changes, in the words of the trail."""
    words = [f"the time zone to {zone}"] if zone != organization.time_zone else []
    for role, term in after.items():
        if term.default_days != before[role].default_days:
            words.append(f"the usual access of {role}s to {_told(term.default_days, 'no end')}")
        if term.longest_days != before[role].longest_days:
            words.append(f"the longest access of {role}s to {_told(term.longest_days, 'no limit')}")
    return words


def _told(number: int | None, none: str) -> str:
    return f"{number} days" if number else none


def _last_change(organization: Organization) -> str | None:
    return versions.last_change(
        organization,
        "SettingsChanged",
        lambda event: any(mark in event.data["changed"] for mark in MARKS),
    )
