"""What an invitation offers: a role, a term, a name and a message."""

from __future__ import annotations

from typing import Any

from webapp import config
from webapp.domain import texts
from webapp.domain.errors import Refusal
from webapp.domain.organizations import permissions
from webapp.models import Invitation, Organization

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
    before: Invitation | None = None,
) -> dict[str, object]:
    """The columns of an offer; without a term, the one before or the organization's usual one.

    Raises Refusal with the field that is not right.
    """
    default = before.expiry_days if before else usual_term(organization)
    return {
        "role": permissions.named(role),
        "expiry_days": default
        if expiry_days is None
        else _term(organization, expiry_days, default),
        "name": texts.one_line(name, field="name", label="The name", most=100),
        "message": texts.several_lines(
            message, field="message", label="The message", most=MESSAGE_MOST
        ),
    }


def edited(organization: Organization, invitation: Invitation, **values: Any) -> dict[str, object]:
    """The columns of the invitation's offer with these values, where UNCHANGED keeps the old one.

    No term keeps the old term.
    """
    values = {
        column: getattr(invitation, column) if value is UNCHANGED else value
        for column, value in values.items()
    }
    return read(organization, before=invitation, **values)


def usual_term(organization: Organization) -> int:
    """How many days a link is valid here unless the admin chooses otherwise."""
    return organization.expiry_days or config.current().invitation_expiry_days


def _term(organization: Organization, days: int, default: int) -> int:
    if days not in {*TERMS, usual_term(organization), default}:
        raise Refusal("Choose how long the link is good: 1, 3, 7, 14 or 30 days.", "expiry_days")
    return days
