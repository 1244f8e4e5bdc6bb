"""What an admin chooses for a join link, checked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from webapp import clock
from webapp.domain import addresses, texts
from webapp.domain.errors import Objections, Refusal
from webapp.domain.groups import choices
from webapp.domain.invitations import access
from webapp.domain.invitations.access import Access
from webapp.domain.organizations import domain_lists
from webapp.languages import gettext
from webapp.models import Organization, Role

LABEL_MOST = 100
USES_MOST = 500
DAYS_MOST = 90
ACCESS_MOST = 3650  # days
ROLES = (Role.CONTRIBUTOR.value, Role.MANAGER.value)


def read(
    organization: Organization,
    *,
    label: str | None,
    role: str,
    groups: Sequence[str] | None,
    domains: str | None,
    most_uses: int | None,
    expiry_days: int | None,
    access_days: int | None,
) -> dict[str, Any]:
    """The columns of a new link, and its groups; raises Refusals for what is not right."""
    found: dict[str, Any] = {}
    wrong = Objections()
    with wrong:
        found["label"] = _label(label)
    with wrong:
        found["role"] = _role(role)
    with wrong:
        found["groups"] = choices.chosen(organization, groups)
    with wrong:
        found["allowed_domains"] = _domains(domains)
    with wrong:
        found["most_uses"] = _between(most_uses, USES_MOST, "most_uses", _uses_words)
    with wrong:
        end = _between(expiry_days, DAYS_MOST, "expiry_days", _days_words)
        found["expires_at"] = clock.now() + timedelta(days=end)
    with wrong:
        found["access_days"] = _access_days(organization, role, access_days)
    wrong.settle()
    return found


def _label(text: str | None) -> str:
    words = texts.one_line(text, field="label", label=gettext("The label"), most=LABEL_MOST)
    if words is None:
        raise Refusal(gettext("Say what the link is for, like “Course in March”."), "label")
    return words


def _role(role: str) -> str:
    if role not in ROLES:
        words = gettext(
            "Choose manager or contributor. Admins are invited one by one, never by a join link."
        )
        raise Refusal(words, "role")
    return role


def _domains(text: str | None) -> str | None:
    names = " ".join(addresses.domains(text, field="domains"))
    if len(names) > domain_lists.MOST:
        raise Refusal(gettext("That is too many domains. Remove some."), "domains")
    return names or None


def _between(number: int | None, most: int, field: str, words: Any) -> int:
    if number is None or not 1 <= number <= most:
        raise Refusal(words(), field)
    return number


def _access_days(organization: Organization, role: str, number: int | None) -> int | None:
    """The days of access, within the longest term of the role; None: as usual for it."""
    if number is not None:
        _between(number, ACCESS_MOST, "access_days", _access_words)
        access.columns(organization, role, Access(days=number))
    return number


def _uses_words() -> str:
    return gettext("Enter how many people may use the link, from 1 to %(most)s.", most=USES_MOST)


def _days_words() -> str:
    return gettext("Enter for how many days the link works, from 1 to %(most)s.", most=DAYS_MOST)


def _access_words() -> str:
    return gettext(
        "Enter for how many days people have access, from 1 to %(most)s, or leave it empty.",
        most=ACCESS_MOST,
    )
