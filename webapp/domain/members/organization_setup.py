"""Founding an organization and inviting its first admin, as the operator."""

from __future__ import annotations

from webapp.db import transaction
from webapp.domain import addresses, invitations, organizations
from webapp.domain.addresses import Address
from webapp.domain.events import OPERATOR
from webapp.models import Invitation, Role


def found(slug: str, name: str, admin: str) -> Invitation:
    """Found an organization and invite its first admin, as the operator; both or neither."""
    address = addresses.parse(admin, field="admin")
    return _found(slug, name, address)


@transaction({"uq_organizations_slug": organizations.taken})
def _found(slug: str, name: str, address: Address) -> Invitation:
    organization = organizations.add(slug, name)
    return invitations.create(organization, by=OPERATOR, email=address.shown, role=Role.ADMIN)
