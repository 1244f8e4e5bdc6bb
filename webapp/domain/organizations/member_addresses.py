"""Which addresses belong to members, so that nobody is invited who is one."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import and_, bindparam, case, select

from webapp.db import rows
from webapp.domain.addresses import Address
from webapp.domain.errors import Refusal
from webapp.languages import gettext
from webapp.models import Membership, Organization, User

ENDED = "ended"
# Somebody whose end is on record may be invited again.
IS_ENDED = and_(Membership.status == "active", Membership.ended_at.is_not(None))
_STATUSES = (
    select(User.email_key, case((IS_ENDED, ENDED), else_=Membership.status).label("status"))
    .join(Membership, Membership.user_id == User.id)
    .where(
        Membership.organization_id == bindparam("organization"),
        User.email_key.in_(bindparam("keys", expanding=True)),
    )
)


def is_member(organization: Organization, email_key: str) -> bool:
    """Whether the address belongs to a member, active or not, whose access has not ended."""
    return statuses(organization, [email_key]).get(email_key, ENDED) != ENDED


def refuse_status(address: Address, status: str | None) -> None:
    """Refuse an address that belongs to a member, active or deactivated, but not an ended one."""
    if status == ENDED:
        return
    if status == "deactivated":
        words = gettext(
            "%(email)s belongs to a deactivated member. Reactivate them on the members page.",
            email=address.shown,
        )
        raise Refusal(words, "email", member=status)
    if status is not None:
        words = gettext("%(email)s is already a member.", email=address.shown)
        raise Refusal(words, "email", member=status)


def statuses(organization: Organization, email_keys: Iterable[str]) -> dict[str, str]:
    """The status of each of these addresses that belongs to a member, or ENDED."""
    values = {"organization": organization.id, "keys": list(email_keys)}
    return {row.email_key: row.status for row in rows(_STATUSES, values)}
