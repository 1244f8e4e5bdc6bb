"""A member proposes somebody whom an admin may then invite."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from webapp import clock, formats
from webapp.db import db, transaction
from webapp.domain import addresses, organizations, requests, tenant
from webapp.domain.addresses import Address
from webapp.domain.errors import Forbidden, Objections, Refusal, UsedUp
from webapp.domain.events import callers
from webapp.domain.organizations import member_addresses, permissions, request_settings
from webapp.domain.requests import domains, lapses
from webapp.inserts import insert
from webapp.languages import gettext
from webapp.models import Membership, Organization, Request, RequestKind, User

FIELD = "email"


def already() -> Refusal:
    """The refusal of a second proposal of an address."""
    words = gettext("Somebody has already suggested this address. An admin has yet to decide.")
    return Refusal(words, FIELD)


@transaction(requests.once(already))
def propose(
    organization: Organization,
    *,
    by: User,
    email: str | None,
    name: str | None = None,
    reason: str | None = None,
    role: str | None = None,
) -> Request:
    """Propose an address to the admins; the organization says who may, and how many a month.

    Members are refused, as all see who is one. Whether it was invited is for admins to see.
    """
    organizations.lock(organization)
    member = _hold_member(organization, by)
    refuse_other_roles(organization, member.role)
    values = _read(organization, email, name, reason, role)
    address: Address = values.pop("address")
    places = member_addresses.places(organization, [address.key])
    member_addresses.refuse_member(address, places.get(address.key))
    lapses.end_of_address(organization, address.key, RequestKind.PROPOSAL)
    _count(organization, by)
    row = requests.columns(organization, RequestKind.PROPOSAL, address, maker_id=by.id, **values)
    request = insert(Request, row)
    requests.take_in(request)
    return request


def refuse_other_roles(organization: Organization, role: str) -> None:
    """Refuse members whose role may not propose here."""
    if request_settings.may_propose(organization, role):
        return
    raise Forbidden(gettext("Your role in this organization does not allow this. Ask an admin."))


def may(organization: Organization, role: str | None) -> bool:
    """Whether members with this role may propose here."""
    return role is not None and request_settings.may_propose(organization, role)


def left(organization: Organization, user: User) -> int:
    """How many more people the user may propose this month."""
    return max(0, organization.proposals_per_month - _made(organization, user))


def _hold_member(organization: Organization, by: User) -> Membership:
    """The proposer's membership, locked: their proposals are counted one after the other."""
    callers.confirm()
    query = select(Membership.id).where(
        Membership.organization_id == organization.id, Membership.user_id == by.id
    )
    member_id = db.session.scalar(query)
    member = member_id and tenant.find(organization.id, Membership, member_id, lock="no key update")
    if not member or not member.has_access:
        raise permissions.refused()
    return member


def _read(
    organization: Organization,
    email: str | None,
    name: str | None,
    reason: str | None,
    role: str | None,
) -> dict[str, Any]:
    wrong, found = Objections(), dict[str, Any]()
    with wrong:
        address = addresses.parse(email)
        domains.refuse_other(organization, address)
        found["address"] = address
    with wrong:
        found["name"] = requests.name_of(name)
    with wrong:
        found["reason"] = requests.words(reason)
    with wrong:
        found["role"] = permissions.named(role) if role else None
    wrong.settle()
    return found


def _count(organization: Organization, by: User) -> None:
    """Refuse more than so many a month; withdrawn ones count as well."""
    if _made(organization, by) < organization.proposals_per_month:
        return
    until = _next_month(clock.now())
    words = gettext(
        "You have suggested %(most)s people this month, which is the limit here. You can suggest "
        "more from %(time)s.",
        most=formats.number(organization.proposals_per_month),
        time=formats.exact(until),
    )
    raise UsedUp(words, until=until)


def _made(organization: Organization, by: User) -> int:
    start = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    query = select(func.count()).select_from(Request)
    query = query.where(
        Request.organization_id == organization.id,
        Request.maker_id == by.id,
        Request.kind == RequestKind.PROPOSAL.value,
        Request.created_at >= start,
    )
    return int(db.session.scalar(query) or 0)


def _next_month(now: datetime) -> datetime:
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start.replace(year=now.year + now.month // 12, month=now.month % 12 + 1)
