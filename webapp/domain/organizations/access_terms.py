"""How long access lasts in an organization, by role: usually, and at most."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select

from webapp.db import rows
from webapp.domain.errors import Refusal
from webapp.domain.organizations import days
from webapp.languages import ngettext
from webapp.models import AccessTerm, Organization, Role

EXTENSION = 90  # days, where neither is set
MOST = 3650  # days


_TERMS = select(AccessTerm.role, AccessTerm.default_days, AccessTerm.longest_days).where(
    AccessTerm.organization_id == bindparam("organization")
)


class Term(NamedTuple):
    """Days of access; None: no end, no limit."""

    default_days: int | None = None
    longest_days: int | None = None

    @property
    def extension_days(self) -> int:
        """By how many days one button extends."""
        return self.default_days or self.longest_days or EXTENSION


def of(organization: Organization) -> dict[str, Term]:
    """The terms of each role."""
    found = {role: Term(*days) for role, *days in rows(_TERMS, {"organization": organization.id})}
    return {role.value: found.get(role.value, Term()) for role in Role}


def latest(organization: Organization, role: str) -> datetime | None:
    """Until when a member of this role may have access, counted from today; None: for ever."""
    longest = of(organization).get(role, Term()).longest_days
    return days.after(organization, longest) if longest else None


def refuse_beyond(
    organization: Organization, role: str, ends_at: datetime | None, field: str = "access_until"
) -> None:
    """Refuse an end, or none, that is later than the role's longest term allows."""
    most = latest(organization, role)
    if most is not None and (ends_at is None or ends_at > most):
        longest = of(organization)[role].longest_days or 0
        raise too_long(organization, longest, most, field)


def too_long(organization: Organization, longest: int, most: datetime, field: str) -> Refusal:
    """The refusal of more days than the role may have."""
    words = ngettext(
        "Access in this role lasts at most %(num)s day here: until %(end)s.",
        "Access in this role lasts at most %(num)s days here: until %(end)s.",
        longest,
        end=days.in_words(organization, most),
    )
    return Refusal(words, field)
