"""Whether an address may be invited now, and the row that comes of it: for one and for many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from webapp import clock
from webapp.db import db
from webapp.domain.addresses import Address
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.invitations import limits, links
from webapp.domain.organizations import memberships
from webapp.models import DeliveryState, Invitation, InvitationState, Organization


@dataclass(frozen=True, slots=True)
class Standing:
    """What the organization has to do with some addresses already, by their keys."""

    members: Mapping[str, str]  # a membership's status
    suppressed: Mapping[str, str]  # a suppression's reason
    open: Mapping[str, Invitation]  # pending, though perhaps past its end
    at: datetime

    def overdue(self) -> list[Invitation]:
        """Invitations past their end that the sweep has not met yet."""
        return [one for one in self.open.values() if one.is_expired(self.at)]


def look(organization: Organization, keys: Iterable[str], *, hold: bool = False) -> Standing:
    """How these addresses stand now: one query for each question, however many they are.

    With `hold` their pending invitations stay as they are until the transaction ends.
    """
    known = list(keys)
    return Standing(
        memberships.statuses(organization, known),
        suppressions.reasons(organization.id, known),
        _open(organization, known, hold),
        clock.now(),
    )


def objection(
    organization: Organization, by: Actor, address: Address, standing: Standing
) -> tuple[str, Refusal] | None:
    """Which rule refuses the address (a key of RULES), and its words; None when none does."""
    for name, rule in RULES.items():
        try:
            rule(organization, by, address, standing)
        except Refusal as refusal:
            return name, refusal
    return None


def refuse(organization: Organization, by: Actor, address: Address, standing: Standing) -> None:
    """Refuse an address that may not be invited as things stand."""
    found = objection(organization, by, address, standing)
    if found is not None:
        raise found[1]


def already_invited(address: Address, earlier: Invitation | None) -> Refusal:
    """What one hears who invites an address twice (rule 3)."""
    return Refusal(
        f"{address.shown} already has an open invitation. You can resend it instead.",
        "email",
        invitation_id=earlier.id if earlier else None,
    )


def draft(
    organization: Organization, by: Actor, address: Address, offer: Mapping[str, Any], *, send: bool
) -> dict[str, Any]:
    """The columns of a new invitation, with a secret of its own."""
    now = clock.now()
    return {
        "organization_id": organization.id,
        "email": address.shown,
        "email_key": address.key,
        "state": InvitationState.PENDING.value,
        "inviter_id": by.id,
        "created_at": now,
        "expires_at": now + timedelta(days=offer["expiry_days"]),
        "secret": links.new_secret(),
        "link_number": 1,
        "earlier_links": "",
        "delivery_state": DeliveryState.QUEUED.value if send else None,
        **offer,
    }


def _domain(organization: Organization, by: Actor, address: Address, _: Standing) -> None:
    limits.refuse_foreign_domains(organization, by, address)


def _suppressed(_: Organization, __: Actor, address: Address, standing: Standing) -> None:
    suppressions.refuse_reason(standing.suppressed.get(address.key))


def _member(_: Organization, __: Actor, address: Address, standing: Standing) -> None:
    memberships.refuse_status(address, standing.members.get(address.key))


def _invited(_: Organization, __: Actor, address: Address, standing: Standing) -> None:
    earlier = standing.open.get(address.key)
    if earlier is not None and earlier.is_pending(standing.at):
        raise already_invited(address, earlier)


# In the order in which a person is told.
RULES: dict[str, Callable[[Organization, Actor, Address, Standing], None]] = {
    "domain": _domain,
    "suppressed": _suppressed,
    "member": _member,
    "invited": _invited,
}


def _open(organization: Organization, keys: list[str], hold: bool) -> dict[str, Invitation]:
    values = {"organization": organization.id, "keys": keys}
    found = db.session.scalars(_OPEN_HELD if hold else _OPEN, values)
    return {row.email_key: row for row in found}


_OPEN = (
    select(Invitation)
    .where(
        Invitation.organization_id == bindparam("organization"),
        Invitation.email_key.in_(bindparam("keys", expanding=True)),
        Invitation.state == InvitationState.PENDING.value,
    )
    .execution_options(populate_existing=True)
)
_OPEN_HELD = _OPEN.order_by(Invitation.id).with_for_update()
