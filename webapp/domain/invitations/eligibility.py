"""Whether addresses may be invited now, and the row of a new invitation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from webapp import clock
from webapp.db import db, rows
from webapp.domain.addresses import Address
from webapp.domain.deliverability import suppressions
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.groups import choices
from webapp.domain.invitations import access, limits, links
from webapp.domain.organizations import member_addresses
from webapp.domain.organizations.member_addresses import Place
from webapp.languages import gettext
from webapp.models import DeliveryState, Invitation, InvitationState, Organization


@dataclass(frozen=True, slots=True)
class AddressRecords:
    """What the organization already has on some addresses, by their keys."""

    members: Mapping[str, Place]
    suppressed: Mapping[str, str]  # a suppression's reason
    open: Mapping[str, Invitation]  # pending, though perhaps past its end
    at: datetime

    def overdue(self) -> list[Invitation]:
        """Invitations past their end that the sweep has not marked yet."""
        return [invitation for invitation in self.open.values() if invitation.is_expired(self.at)]


def look(organization: Organization, keys: Iterable[str], *, hold: bool = False) -> AddressRecords:
    """What is on record of these addresses now: three queries, however many addresses.

    With `hold` their pending invitations stay locked until the transaction ends.
    """
    email_keys = list(keys)
    return AddressRecords(
        member_addresses.places(organization, email_keys),
        suppressions.reasons(organization.id, email_keys),
        _open(organization, email_keys, hold),
        clock.now(),
    )


def objection(
    organization: Organization, by: Actor, address: Address, records: AddressRecords
) -> tuple[str, Refusal] | None:
    """Which rule refuses the address (a key of RULES), and the refusal; None when none does."""
    for name, rule in RULES.items():
        try:
            rule(organization, by, address, records)
        except Refusal as refusal:
            return name, refusal
    return None


def refuse(
    organization: Organization, by: Actor, address: Address, records: AddressRecords
) -> None:
    """Refuse an address that may not be invited now."""
    refused = objection(organization, by, address, records)
    if refused is not None:
        raise refused[1]


def already_invited(address: Address, earlier: Invitation | None) -> Refusal:
    """The refusal of a second invitation for an address (rule 3)."""
    words = gettext(
        "%(email)s already has an open invitation. You can resend it instead.", email=address.shown
    )
    return Refusal(words, "email", invitation_id=earlier.id if earlier else None)


def draft(
    organization: Organization, by: Actor, address: Address, offer: Mapping[str, Any], *, send: bool
) -> dict[str, Any]:
    """The columns of a new invitation, with a new secret."""
    now = clock.now()
    return {
        "organization_id": organization.id,
        "email": address.shown,
        "email_key": address.key,
        "state": InvitationState.PENDING.value,
        "inviter_id": by.id,
        "created_at": now,
        "expires_at": access.cap(
            now + timedelta(days=offer["expiry_days"]), offer.get("access_until")
        ),
        "secret": links.new_secret(),
        "link_number": 1,
        "earlier_links": "",
        "delivery_state": DeliveryState.QUEUED.value if send else None,
        **choices.without_groups(offer),
    }


def _domain(organization: Organization, by: Actor, address: Address, _: AddressRecords) -> None:
    limits.refuse_foreign_domains(organization, by, address)


def _suppressed(_: Organization, __: Actor, address: Address, records: AddressRecords) -> None:
    suppressions.refuse_reason(records.suppressed.get(address.key))


def _member(_: Organization, __: Actor, address: Address, records: AddressRecords) -> None:
    member_addresses.refuse_member(address, records.members.get(address.key))


def _invited(_: Organization, __: Actor, address: Address, records: AddressRecords) -> None:
    earlier = records.open.get(address.key)
    if earlier is not None and earlier.is_pending(records.at):
        raise already_invited(address, earlier)


# In the order in which they are told.
RULES: dict[str, Callable[[Organization, Actor, Address, AddressRecords], None]] = {
    "domain": _domain,
    "suppressed": _suppressed,
    "member": _member,
    "invited": _invited,
}


def _open(organization: Organization, keys: list[str], hold: bool) -> dict[str, Invitation]:
    values = {"organization": organization.id, "keys": keys}
    if rows(_ANY_OPEN, values).first() is None:  # as nearly always, and quicker to find out
        return {}
    open_ = db.session.scalars(_OPEN_HELD if hold else _OPEN, values)
    return {row.email_key: row for row in open_}


_OPEN = (
    select(Invitation)
    .where(
        Invitation.organization_id == bindparam("organization"),
        Invitation.email_key.in_(bindparam("keys", expanding=True)),
        Invitation.state == InvitationState.PENDING.value,
    )
    .execution_options(populate_existing=True)
)
_ANY_OPEN = _OPEN.with_only_columns(Invitation.id)
_OPEN_HELD = _OPEN.order_by(Invitation.id).with_for_update()
