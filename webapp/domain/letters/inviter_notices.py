"""The mails to inviters about the people they invited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from webapp import config, formats
from webapp.domain import letters
from webapp.domain.events.sentences import A_ROLE
from webapp.domain.letters import facts as letter_facts
from webapp.domain.letters import templates
from webapp.domain.letters.facts import Facts
from webapp.languages import gettext, marked, ngettext
from webapp.mail_message import Letter
from webapp.models import Delivery, Invitation, NoticeOutcome, Organization, User

NAMED_MOST = 50  # people whom a summary names; the others are counted
# What became of people on a list.
LABELS = {
    "accepted": marked("Joined"),
    "declined": marked("Declined"),
    "unreachable": marked("Could not be reached"),
    "expired": marked("Did not answer"),
    "revoked": marked("Revoked"),
}
Person = tuple[str, str]  # name, which may be empty, and address


def person(invitation: Invitation, member: User | None) -> Person:
    """Who was invited, as a mail may name them."""
    name = letter_facts.name_of(member) if member else invitation.name
    return name or "", invitation.email


def outcome(
    delivery: Delivery,
    organization: Organization,
    reader: User,
    invitation: Invitation,
    *,
    who: Person,
    skipped_groups: str,
    stop: str,
) -> Letter:
    """The mail about one person: they joined, declined, or could not be reached."""
    name, email = who
    values = {
        **_values(organization, reader, f"invitations/{invitation.id}"),
        "person": name or email,
        "who": _shown(who),
        "role": gettext(A_ROLE[invitation.role]),
        "reason": invitation.decline_reason or "",
        "skipped": _skipped(skipped_groups),
    }
    return _letter(delivery, organization, values, stop)


def summary(
    delivery: Delivery,
    organization: Organization,
    reader: User,
    people: dict[str, list[Person]],
    *,
    stop: str,
) -> Letter:
    """The mail about several people, by what became of them."""
    values = {
        **_values(organization, reader, "invitations"),
        "joined": _named(gettext("Joined"), people[NoticeOutcome.JOINED]),
        "declined": _named(gettext("Declined"), people[NoticeOutcome.DECLINED]),
        "unreachable": _named(gettext("Could not be reached"), people[NoticeOutcome.UNREACHABLE]),
    }
    return _letter(delivery, organization, values, stop)


def list_summary(
    delivery: Delivery,
    organization: Organization,
    reader: User,
    *,
    started_at: datetime,
    counts: dict[str, int],
    stop: str,
) -> Letter:
    """The mail about a long list of people, once none of its invitations is open any more."""
    lines = [
        f"{gettext(label)}: {formats.number(counts[kind])}"
        for kind, label in LABELS.items()
        if counts.get(kind)
    ]
    number = sum(counts.values())
    values = {
        **_values(organization, reader, "invitations"),
        "number": ngettext("%(num)s person", "%(num)s people", number),
        "started": formats.exact(started_at),
        "counts": "\n".join(lines),
    }
    return _letter(delivery, organization, values, stop)


def _values(organization: Organization, reader: User, page: str) -> dict[str, str]:
    return {
        "organization": organization.name,
        "invitee": letter_facts.name_of(reader),
        "link": f"{config.current().public_url}/orgs/{organization.slug}/{page}",
    }


def _letter(
    delivery: Delivery, organization: Organization, values: dict[str, str], stop: str
) -> Letter:
    facts = Facts(delivery.kind, organization.name, values, stop, organization.color)
    return letters.letter(delivery, templates.built_in(delivery.kind), facts)


def _shown(who: Person) -> str:
    name, email = who
    return f"{name} ({email})" if name else email


def _named(heading: str, people: Sequence[Person]) -> str:
    """A heading with a number, and the people below it; empty if there are none."""
    if not people:
        return ""
    lines = [f"{heading}: {formats.number(len(people))}", *map(_shown, people[:NAMED_MOST])]
    if (left := len(people) - NAMED_MOST) > 0:
        lines.append(ngettext("and %(num)s more", "and %(num)s more", left))
    return "\n".join(lines)


def _skipped(groups: str) -> str:
    """What to know about groups that were deleted before the person joined, by name."""
    if not groups:
        return ""
    return gettext(
        "These groups of the invitation no longer exist, so they did not join them: %(groups)s.",
        groups=groups,
    )
