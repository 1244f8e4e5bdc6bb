"""How long the access lasts that an invitation gives: until a moment, or some days from joining."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from webapp import clock
from webapp.db import db
from webapp.domain.errors import Refusal
from webapp.domain.organizations import access_terms, days
from webapp.domain.organizations.access_terms import Term
from webapp.languages import gettext, ngettext
from webapp.models import Invitation, Membership, Organization, Role

# A day as spreadsheets and programs write it; workbooks add midnight.
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T]00:00(?::00)?)?")


class Access(NamedTuple):
    """What is offered: until the end of a day or a moment, or for some days; neither: no end."""

    until: date | datetime | None = None
    days: int | None = None


NO_END = Access()
USUAL: Any = object()  # as long as usual for the role


def read(text: str) -> Access:
    """The access until the day that was typed (2027-06-30); USUAL when nothing was."""
    text = text.strip()
    return Access(until=day(text)) if text else USUAL


def offered(item: Mapping[str, Any]) -> Access:
    """What a program sent: a day or a moment (RFC 3339), a number of days, null for no end.

    USUAL if it sent none of them.
    """
    if "access_until" not in item and "access_days" not in item:
        return USUAL  # type: ignore[no-any-return]
    text = item.get("access_until")
    return Access(None if text is None else moment(text), item.get("access_days"))


def moment(text: str) -> date | datetime:
    """The day or the moment that a program sent; raises Refusal for anything else."""
    if len(text) <= len("2027-06-30"):
        return day(text)
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return days.in_reach(at.astimezone(UTC))
    except (ValueError, OverflowError):
        pass
    words = gettext("Send a day like 2027-06-30, or a time like 2027-06-30T18:00:00Z.")
    raise Refusal(words, "access_until")


def day(text: str) -> date:
    """The day that was typed; raises Refusal for anything else."""
    found = _DAY.fullmatch(text.strip())
    try:
        if found is not None:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise Refusal(gettext("Enter a day like 2027-06-30."), "access_until")


def is_same(organization: Organization, access: Access, present: Access) -> bool:
    """Whether a form shows the present access like this: of a moment it has only the day."""
    if access is USUAL or not isinstance(present.until, datetime):
        return access == present
    return access == Access(days.last(organization, present.until), present.days)


def columns(
    organization: Organization,
    role: str,
    access: Access,
    *,
    kept: bool = False,
    terms: Mapping[str, Term] | None = None,
) -> dict[str, object]:
    """The columns of an offer; raises Refusal for a day that is over, or beyond the longest term.

    `kept`: it stood in the invitation before, so its length is not asked again. `terms` are the
    organization's, where they are known already.
    """
    term = (terms or access_terms.of(organization)).get(role, Term())
    if access is USUAL:
        access = Access(days=term.default_days or term.longest_days)
    until, number = access
    if until is not None and number is not None:
        raise Refusal(gettext("Choose a day or a number of days, not both."), "access_until")
    if until is not None and not isinstance(until, datetime):
        until = _end_of(organization, until)
    _refuse_wrong(until, number)
    if not kept:
        _refuse_beyond(organization, term, until, number)
    return {"access_until": until, "access_days": number}


def end(organization: Organization, text: str | None) -> datetime | None:
    """The end that a program or a form sent: that of a day, or a moment; None for none."""
    if text is None:
        return None
    until = moment(text)
    return until if isinstance(until, datetime) else _end_of(organization, until)


def _end_of(organization: Organization, day: date) -> datetime:
    try:
        return days.in_reach(days.end_of(organization, day))
    except (OverflowError, ValueError):
        raise Refusal(gettext("Enter a day like 2027-06-30."), "access_until") from None


def _refuse_wrong(until: datetime | None, number: int | None) -> None:
    if until is not None and until <= clock.now():
        raise Refusal(gettext("Choose a day that is not over yet."), "access_until")
    if number is not None and not 1 <= number <= access_terms.MOST:
        words = gettext("Enter a number of days from 1 to %(most)s.", most=access_terms.MOST)
        raise Refusal(words, "access_days")


def _refuse_beyond(
    organization: Organization, term: Term, until: datetime | None, number: int | None
) -> None:
    if term.longest_days is None:
        return
    latest = days.after(organization, term.longest_days)
    is_within = until <= latest if until else number is not None and number <= term.longest_days
    if not is_within:
        field = "access_days" if number else "access_until"
        raise access_terms.too_long(organization, term.longest_days, latest, field)


def cap(expires_at: datetime, access_until: object) -> datetime:
    """When a link stops working: never after the access that it gives."""
    return min(expires_at, access_until) if isinstance(access_until, datetime) else expires_at


def is_over(invitation: Invitation) -> bool:
    """Whether the access that it gives is over already."""
    return invitation.access_until is not None and invitation.access_until <= clock.now()


def refuse_over(invitation: Invitation) -> None:
    """Refuse a new link for access that is over already."""
    until = invitation.access_until
    if until is not None and is_over(invitation):
        words = gettext(
            "The access of this invitation lasted until %(end)s. Invite them again.",
            end=days.in_words(invitation.organization, until),
        )
        raise Refusal(words)


def in_words(invitation: Invitation) -> str:
    """How long it lasts, in a sentence; empty without an end."""
    if invitation.access_until is not None:
        end = days.in_words(invitation.organization, invitation.access_until)
        return gettext("Access lasts until %(end)s.", end=end)
    if invitation.access_days:
        return ngettext(
            "Access lasts %(num)s day from joining.",
            "Access lasts %(num)s days from joining.",
            invitation.access_days,
        )
    return ""


def at_joining(invitation: Invitation) -> datetime | None:
    """When the access ends of somebody who joins now; None: no end.

    Within the longest term of the role as it is now. The first admin gets no end.
    """
    if invitation.role == Role.ADMIN and not _has_admin(invitation.organization_id):
        return None
    end = invitation.access_until
    if end is None and invitation.access_days:
        end = days.after(invitation.organization, invitation.access_days)
    latest = access_terms.latest(invitation.organization, invitation.role)
    return latest if latest is not None and (end is None or end > latest) else end


def _has_admin(organization_id: int) -> bool:
    admins = select(Membership.id).where(
        Membership.organization_id == organization_id, Membership.is_active_admin
    )
    return db.session.scalar(admins.limit(1)) is not None
