"""What an invitation offers: a role, for how long, with which words."""

from __future__ import annotations

from webapp import config
from webapp.domain import texts
from webapp.domain.errors import Refusal
from webapp.domain.organizations import permissions
from webapp.models import Invitation, Organization

TERMS = (1, 3, 7, 14, 30)  # days
MESSAGE_MOST = 1000


def read(
    organization: Organization,
    *,
    role: str,
    expiry_days: int | None,
    name: str | None,
    message: str | None,
    before: Invitation | None = None,
) -> dict[str, object]:
    """The columns of an offer; no term means the one before, or the organization's usual one.

    Raises Refusal with the field that is not right.
    """
    kept = before.expiry_days if before else usual_term(organization)
    return {
        "role": permissions.named(role),
        "expiry_days": kept if expiry_days is None else _term(organization, expiry_days, kept),
        "name": texts.one_line(name, field="name", label="The name", most=100),
        "message": texts.several_lines(
            message, field="message", label="The message", most=MESSAGE_MOST
        ),
    }


def usual_term(organization: Organization) -> int:
    """Days that a link lives here unless the admin says otherwise."""
    return organization.expiry_days or config.current().invitation_expiry_days


def _term(organization: Organization, days: int, kept: int) -> int:
    if days not in {*TERMS, usual_term(organization), kept}:
        raise Refusal("Choose how long the link is good: 1, 3, 7, 14 or 30 days.", "expiry_days")
    return days
