"""Which addresses belong to members, so that nobody is invited who is one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, case, not_, select

from webapp.db import rows
from webapp.domain.addresses import Address
from webapp.domain.errors import Refusal
from webapp.languages import gettext
from webapp.models import Membership, Organization, User

ENDED = "ended"
# Somebody whose end has come may be invited again, whether it is on record yet or not.
IS_ENDED = and_(Membership.status == "active", not_(Membership.has_access))
_PLACES = (
    select(
        User.email_key,
        Membership.id,
        case((IS_ENDED, ENDED), else_=Membership.status).label("status"),
    )
    .join(Membership, Membership.user_id == User.id)
    .where(
        Membership.organization_id == bindparam("organization"),
        User.email_key.in_(bindparam("keys", expanding=True)),
    )
)


class Place(NamedTuple):
    """The membership of an address: its id, and its status or ENDED."""

    id: int
    status: str


def is_member(organization: Organization, email_key: str) -> bool:
    """Whether the address belongs to a member, active or not, whose access has not ended."""
    place = places(organization, [email_key]).get(email_key)
    return place is not None and place.status != ENDED


def refuse_member(address: Address, place: Place | None) -> None:
    """Refuse an address that belongs to a member, active or deactivated, but not an ended one."""
    if place is None or place.status == ENDED:
        return
    facts: dict[str, Any] = {"member": place.status, "member_id": place.id}
    if place.status == "deactivated":
        words = gettext(
            "%(email)s belongs to a deactivated member. Reactivate them on the members page.",
            email=address.shown,
        )
        raise Refusal(words, "email", **facts)
    words = gettext("%(email)s is already a member.", email=address.shown)
    raise Refusal(words, "email", **facts)


def places(organization: Organization, email_keys: Iterable[str]) -> dict[str, Place]:
    """The members among these addresses."""
    values = {"organization": organization.id, "keys": list(email_keys)}
    return {key: Place(*place) for key, *place in rows(_PLACES, values)}
