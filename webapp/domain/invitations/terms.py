"""What an invitation offers: a role, groups, a term, words, and in which language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from webapp import clock, config
from webapp.domain import language_choices, texts
from webapp.domain.errors import Refusal
from webapp.domain.groups import choices
from webapp.domain.invitations import access as access_rules
from webapp.domain.invitations.access import Access
from webapp.domain.organizations import access_terms, permissions
from webapp.domain.organizations.access_terms import Term
from webapp.languages import gettext
from webapp.models import Invitation, JoinLink, Organization

TERMS = (1, 3, 7, 14, 30)  # days
MESSAGE_MOST = 1000
UNCHANGED: Any = object()  # in place of a new value


def read(
    organization: Organization,
    *,
    role: str,
    expiry_days: int | None,
    name: str | None,
    message: str | None,
    language: str | None = UNCHANGED,
    groups: Sequence[str] | None = (),
    access: Access = UNCHANGED,
    before: Invitation | None = None,
    access_terms: Mapping[str, Term] | None = None,
) -> dict[str, Any]:
    """An offer: its columns, and its groups. Without a term, the one before or the usual one.

    The same goes for the access that it gives, which is within `access_terms`, the organization's.
    `groups` are slugs, and None the default ones. Raises Refusal with the field that is not right.
    """
    return {
        "role": permissions.named(role),
        "expiry_days": _term(organization, expiry_days, before),
        "name": texts.one_line(name, field="name", label=gettext("The name"), most=100),
        "message": texts.several_lines(
            message, field="message", label=gettext("The message"), most=MESSAGE_MOST
        ),
        "language": _language(language, before),
        "groups": choices.chosen(organization, groups),
        **_access(organization, permissions.named(role), access, before, access_terms),
    }


def edited(organization: Organization, invitation: Invitation, **values: Any) -> dict[str, Any]:
    """The invitation's offer with these values, where UNCHANGED keeps the old one.

    No term keeps the old term.
    """
    groups = values.pop("groups")
    values = {
        column: getattr(invitation, column) if value is UNCHANGED and column != "access" else value
        for column, value in values.items()
    }
    if groups is UNCHANGED:
        return {**read(organization, before=invitation, **values), "groups": invitation.groups}
    return read(organization, before=invitation, groups=groups, **values)


def repeated(organization: Organization, earlier: Invitation) -> dict[str, Any]:
    """The same offer once more; its term is allowed, whatever is usual now."""
    columns = ("role", "expiry_days", "name", "message")
    values = {column: getattr(earlier, column) for column in columns}
    offer = read(organization, before=earlier, language=UNCHANGED, **values)
    return {**offer, "groups": earlier.groups}  # without those that were deleted


def of_link(
    organization: Organization, link: JoinLink | None, *, chosen: bool = False
) -> dict[str, Any]:
    """The columns of an invitation that came by this link, if it came by one.

    Its access is within the longest term of the role, which may be newer than the link; or as an
    admin has `chosen` for this person.
    """
    if link is None:
        return {}
    if chosen or not link.access_days:
        return {"join_link_id": link.id}
    longest = access_terms.of(organization)[link.role].longest_days or link.access_days
    days = min(link.access_days, longest)
    return {"join_link_id": link.id, "access_until": None, "access_days": days}


def usual_term(organization: Organization) -> int:
    """How many days a link is valid here unless the admin chooses otherwise."""
    return organization.expiry_days or config.current().invitation_expiry_days


def _access(
    organization: Organization,
    role: str,
    access: Access,
    before: Invitation | None,
    known: Mapping[str, Term] | None,
) -> dict[str, object]:
    if before is None:
        access = access_rules.USUAL if access is UNCHANGED else access
        return access_rules.columns(organization, role, access, terms=known)
    present = Access(before.access_until, before.access_days)
    if access is UNCHANGED or access_rules.is_same(organization, access, present):
        access = present
    is_kept = access == present and before.role == role and before.is_pending(clock.now())
    return access_rules.columns(organization, role, access, kept=is_kept, terms=known)


def _language(tag: str | None, before: Invitation | None) -> str | None:
    if tag is UNCHANGED:
        return before.language if before else None
    return language_choices.named(tag).tag if tag else None


def _term(organization: Organization, days: int | None, before: Invitation | None) -> int:
    default = before.expiry_days if before else usual_term(organization)
    if days is None:
        return default
    if days not in {*TERMS, usual_term(organization), default}:
        words = gettext("Choose how long the link works: 1, 3, 7, 14 or 30 days.")
        raise Refusal(words, "expiry_days")
    return days
