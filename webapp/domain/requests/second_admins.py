"""An admin wants somebody to be an admin, and another admin has to agree (rule R2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from webapp.db import transaction
from webapp.domain import addresses, organizations, requests
from webapp.domain.addresses import Address
from webapp.domain.errors import Refusal
from webapp.domain.invitations import access as access_rules
from webapp.domain.invitations import eligibility, terms
from webapp.domain.invitations.access import Access
from webapp.domain.members import holding, roles
from webapp.domain.organizations import permissions
from webapp.domain.organizations.second_admin import SecondAdminNeeded
from webapp.domain.requests import lapses, offers
from webapp.inserts import insert
from webapp.languages import gettext
from webapp.models import Membership, Organization, Request, RequestKind, Role, User

ADMIN = Role.ADMIN.value


def already() -> Refusal:
    """The refusal of a second request for the same person."""
    words = gettext("There is already a request about this address. Another admin has to decide.")
    return Refusal(words, "email")


def ask_to_invite(
    organization: Organization,
    *,
    by: User,
    email: str,
    groups: Sequence[str] | None = None,
    access: Access = access_rules.USUAL,
    **words: Any,
) -> Request:
    """Ask another admin to agree that this address is invited as an admin, on these terms.

    `words` are name, message, language and expiry_days. All that inviting refuses is refused now.
    """
    address = addresses.parse(email)
    given = {"name": None, "message": None, "expiry_days": None, **words}
    read = terms.read(organization, role=ADMIN, groups=groups, access=access, **given)
    name = given.pop("name") and read["name"]
    return _ask(organization, by, address, name, offers.kept(groups, access, **given))


@transaction(requests.once(already))
def _ask(
    organization: Organization, by: User, address: Address, name: str | None, offer: dict[str, Any]
) -> Request:
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    records = eligibility.look(organization, [address.key], hold=True)
    eligibility.refuse(organization, by, address, records)
    lapses.end_of_address(organization, address.key, RequestKind.PROPOSAL)
    row = requests.columns(organization, RequestKind.PROPOSAL, address, maker_id=by.id)
    request = insert(Request, {**row, "name": name, "role": ADMIN, "offer": offer})
    requests.take_in(request)
    return request


def change_role(
    organization: Organization, membership_id: int, *, by: User, role: str, **options: Any
) -> Membership | Request:
    """Change a member's role; where a second admin has to agree, ask for it instead."""
    try:
        return roles.change_role(organization, membership_id, by=by, role=role, **options)
    except SecondAdminNeeded:
        return ask_to_promote(organization, membership_id, by=by)


@transaction(requests.once(already))
def ask_to_promote(organization: Organization, membership_id: int, *, by: User) -> Request:
    """Ask another admin to agree that a member becomes an admin."""
    member: Membership
    member, _invitations = holding.locked(organization, membership_id, by)
    holding.refuse_deactivated(member)
    lapses.end_of_address(organization, member.user.email_key, RequestKind.PROPOSAL)
    row = requests.columns(
        organization,
        RequestKind.PROPOSAL,
        member.user,
        maker_id=by.id,
        membership_id=member.id,
        name=member.user.full_name,
        role=ADMIN,
    )
    request = insert(Request, row)
    requests.take_in(request)
    return request
