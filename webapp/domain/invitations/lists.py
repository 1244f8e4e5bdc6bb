"""Many invited by one call: each item is read by the rules of inviting one, and answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.db import db, transaction
from webapp.domain import addresses
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.invitations import batches, terms
from webapp.domain.invitations.batches import Invitee
from webapp.models import Invitation, Organization

MOST = 1000


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an item: an invitation, or a refusal."""

    invitation: Invitation | None = None
    refusal: Refusal | None = None


@transaction()
def invite(
    organization: Organization, items: Sequence[Mapping[str, Any]], *, by: Actor
) -> list[Result]:
    """Invite everybody in the list who may be; one result for each item, in their order.

    Items have the names of `invitations.create`: email, role, expiry_days, name, message, and
    `send`. Raises Refusal only for what concerns all of them.
    """
    refused: dict[int, Refusal] = {}
    invitees: dict[int, Invitee] = {}
    seen: set[str] = set()
    for number, item in enumerate(items):
        try:
            invitees[number] = _read(organization, item, seen)
        except Refusal as refusal:
            refused[number] = refusal
    made: dict[int, int] = {}
    for send in (True, False):
        chosen = {n: one for n, one in invitees.items() if items[n].get("send", True) is send}
        _invite(organization, chosen, by, send, made, refused)
    rows = _rows(made)
    return [Result(rows.get(made.get(n, 0)), refused.get(n)) for n in range(len(items))]


def _read(organization: Organization, item: Mapping[str, Any], seen: set[str]) -> Invitee:
    address = addresses.parse(item.get("email"))
    offer = terms.read(
        organization,
        role=item.get("role") or "",
        expiry_days=item.get("expiry_days"),
        name=item.get("name"),
        message=item.get("message"),
    )
    if address.key in seen:
        raise Refusal(f"{address.shown} stands in this list twice.", "email")
    seen.add(address.key)
    return Invitee(address, offer)


def _invite(
    organization: Organization,
    invitees: dict[int, Invitee],
    by: Actor,
    send: bool,
    made: dict[int, int],
    refused: dict[int, Refusal],
) -> None:
    # An answer may be "later": a place that somebody else's refusal left free (invitation_batches).
    while invitees:
        answers = batches.create_many(organization, list(invitees.values()), by=by, send=send)
        later: dict[int, Invitee] = {}
        for (number, invitee), answer in zip(invitees.items(), answers, strict=True):
            if answer.invitation_id is not None and answer.kind == "sent":
                made[number] = answer.invitation_id
            elif answer.kind == "later":
                later[number] = invitee
            else:
                refused[number] = answer.refusal or Refusal("")
        invitees = later


def _rows(made: dict[int, int]) -> dict[int, Invitation]:
    query = select(Invitation).options(
        joinedload(Invitation.inviter), joinedload(Invitation.organization)
    )
    found = db.session.scalars(query.where(Invitation.id.in_(list(made.values()))))
    return {row.id: row for row in found}
