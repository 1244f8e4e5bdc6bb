"""Inviting many people in one call: each item by the rules for one, with its own result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.db import db, transaction
from webapp.domain import addresses
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.invitations import access, batches, terms
from webapp.domain.invitations.batches import Invitee
from webapp.domain.organizations import access_terms
from webapp.domain.organizations.access_terms import Term
from webapp.languages import gettext
from webapp.models import Invitation, Organization

MOST = 1000


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The invitation that an item led to, or its refusal."""

    invitation: Invitation | None = None
    refusal: Refusal | None = None


@transaction()
def invite(
    organization: Organization, items: Sequence[Mapping[str, Any]], *, by: Actor
) -> list[ItemResult]:
    """Invite everybody in the list who may be invited; one result for each item, in their order.

    Items have the names of `invitations.create`: email, role, expiry_days, name, message,
    language, access_until or access_days, and `send`. Raises Refusal only for what concerns all.
    """
    refused: dict[int, Refusal] = {}
    invitees: dict[int, Invitee] = {}
    seen: set[str] = set()
    known = access_terms.of(organization)
    for number, item in enumerate(items):
        try:
            invitees[number] = _read(organization, item, seen, known)
        except Refusal as refusal:
            refused[number] = refusal
    ids: dict[int, int] = {}
    for send in (True, False):
        chosen = {n: i for n, i in invitees.items() if items[n].get("send", True) is send}
        _invite(organization, chosen, by, send, ids, refused)
    rows = _rows(ids.values())
    return [ItemResult(rows.get(ids.get(n, 0)), refused.get(n)) for n in range(len(items))]


def _read(
    organization: Organization, item: Mapping[str, Any], seen: set[str], known: Mapping[str, Term]
) -> Invitee:
    address = addresses.parse(item.get("email"))
    offer = terms.read(
        organization,
        role=item.get("role") or "",
        expiry_days=item.get("expiry_days"),
        name=item.get("name"),
        message=item.get("message"),
        language=item.get("language"),
        access=access.offered(item),
        access_terms=known,
    )
    if address.key in seen:
        words = gettext("%(email)s is in this list twice.", email=address.shown)
        raise Refusal(words, "email")
    seen.add(address.key)
    return Invitee(address, offer)


def _invite(
    organization: Organization,
    invitees: dict[int, Invitee],
    by: Actor,
    send: bool,
    ids: dict[int, int],
    refused: dict[int, Refusal],
) -> None:
    # "later": the refusal of another item freed a place, so try again (batches.create_many).
    while invitees:
        outcomes = batches.create_many(organization, list(invitees.values()), by=by, send=send)
        later: dict[int, Invitee] = {}
        for (number, invitee), outcome in zip(invitees.items(), outcomes, strict=True):
            if outcome.invitation_id is not None and outcome.kind == "sent":
                ids[number] = outcome.invitation_id
            elif outcome.kind == "later":
                later[number] = invitee
            else:
                refused[number] = outcome.refusal or Refusal("")
        invitees = later


def _rows(ids: Iterable[int]) -> dict[int, Invitation]:
    query = select(Invitation).options(
        joinedload(Invitation.inviter), joinedload(Invitation.organization)
    )
    rows = db.session.scalars(query.where(Invitation.id.in_(list(ids))))
    return {row.id: row for row in rows}
