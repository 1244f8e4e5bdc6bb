"""Inviting many in one transaction: the rules of inviting one, asked once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, text

from webapp.db import db, transaction
from webapp.domain import events, organizations
from webapp.domain.addresses import Address
from webapp.domain.deliverability import deliveries
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor, Operator
from webapp.domain.groups import invited
from webapp.domain.invitations import eligibility, expiry, limits
from webapp.domain.mail import queue
from webapp.domain.organizations import permissions, second_admin
from webapp.models import Invitation, Organization, Role
from webapp.upserts import upsert

SECOND_ADMIN = "second_admin"  # the kind of a line that would make an admin


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody to invite, and the offer (`terms.read`)."""

    address: Address
    offer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class InviteeOutcome:
    """Whether it was `sent`, refused by a rule of `eligibility` or `limit`, or left for `later`."""

    kind: str
    invitation_id: int | None = None
    refusal: Refusal | None = None

    @property
    def words(self) -> str | None:
        """Why it was refused, if it was."""
        return self.refusal.message if self.refusal else None


@transaction()
def create_many(
    organization: Organization, invitees: Sequence[Invitee], *, by: Actor, send: bool = True
) -> list[InviteeOutcome]:
    """Invite many different addresses; one outcome for each, in their order.

    Raises Refusal only for what concerns all: a suspended organization, an actor without the
    permission. Locks are taken in the same order as for one person: open invitations, the shares
    of admin and organization, the new rows, the shares of addresses.
    """
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    eligible, outcomes = _sort_out(organization, invitees, by)
    left, used_up = limits.left(organization, by, hold=True)
    chosen, over = eligible[:left], eligible[left:]
    drafts = [eligibility.draft(organization, by, i.address, i.offer, send=send) for i in chosen]
    ids = _insert(drafts)
    mailed_enough = _take_back_unmailable(ids) if send else set()
    groups = {i.address.key: i.offer["groups"] for i in chosen if i.offer["groups"]}
    given = {ids[key]: groups[key] for key in groups.keys() & ids.keys()}
    slugs = invited.give(organization.id, given)
    for invitee in chosen:
        outcomes[invitee.address.key] = _outcome(invitee.address, ids, mailed_enough)
    # When an address's own share of mails freed a place, the next is not refused but undecided.
    rest = InviteeOutcome("later") if over and len(ids) < left else _refused("limit", used_up)
    outcomes |= {invitee.address.key: rest for invitee in over}
    limits.add(organization, by, len(ids))
    made = [
        {**draft, "id": ids[draft["email_key"]]} for draft in drafts if draft["email_key"] in ids
    ]
    _record(organization, by, made, slugs, send)
    return [outcomes[invitee.address.key] for invitee in invitees]


def _sort_out(
    organization: Organization, invitees: Sequence[Invitee], by: Actor
) -> tuple[list[Invitee], dict[str, InviteeOutcome]]:
    """Who may be invited, and the refusals of the others by address; expires what is overdue."""
    keys = [invitee.address.key for invitee in invitees]
    records = eligibility.look(organization, keys, hold=True)
    eligible: list[Invitee] = []
    outcomes: dict[str, InviteeOutcome] = {}
    alone = _may_not_be_admins(organization, invitees, by)
    for invitee in invitees:
        if invitee.address.key in alone:
            outcomes[invitee.address.key] = _refused(SECOND_ADMIN, second_admin.needed())
            continue
        objection = eligibility.objection(organization, by, invitee.address, records)
        if objection is None:
            eligible.append(invitee)
        else:
            outcomes[invitee.address.key] = _refused(*objection)
    expiry.expire([invitation.id for invitation in records.overdue()])
    return eligible, outcomes


def _may_not_be_admins(
    organization: Organization, invitees: Sequence[Invitee], by: Actor
) -> set[str]:
    """Who would be an admin, where a second admin has to agree."""
    admins = {invitee.address.key for invitee in invitees if invitee.offer["role"] == Role.ADMIN}
    if not admins or isinstance(by, Operator) or not second_admin.applies(organization):
        return set()
    return admins


def _insert(drafts: list[dict[str, Any]]) -> dict[str, int]:
    """The new invitations' ids by address, without those that somebody else has just invited."""
    if not drafts:
        return {}
    rows = upsert(
        Invitation,
        drafts,
        on=["organization_id", "email_key"],
        on_where=text("state = 'pending'"),
        returning=[Invitation.id, Invitation.email_key],
    )
    return {row.email_key: row.id for row in rows}


def _take_back_unmailable(ids: dict[str, int]) -> set[str]:
    """Delete the invitations of addresses whose daily share of mails is used up; returns these."""
    refused = set(ids) - queue.take_shares("invitation", ids)
    if refused:
        unmailable = [ids.pop(key) for key in refused]
        db.session.execute(
            delete(Invitation)
            .where(Invitation.id.in_(unmailable))
            .execution_options(synchronize_session=False)
        )
    return refused


def _record(
    organization: Organization,
    by: Actor,
    made: list[dict[str, Any]],
    slugs: dict[int, str],
    send: bool,
) -> None:
    lines = [
        events.NewEvent(
            organization.id,
            draft["id"],
            {
                "role": draft["role"],
                "email": draft["email"],
                "expires_at": draft["expires_at"].isoformat(),
                "groups": slugs.get(draft["id"]),
            },
            draft["email_key"],
        )
        for draft in made
    ]
    events.record_many("InvitationCreated", lines, by=by)
    if send:
        recipients = [(draft["id"], draft["email"]) for draft in made]
        queue.write_first(organization.id, recipients)


def _outcome(address: Address, ids: dict[str, int], mailed_enough: set[str]) -> InviteeOutcome:
    if address.key in mailed_enough:
        return _refused("limit", deliveries.mailed_enough(address.shown))
    if address.key not in ids:
        return _refused("invited", eligibility.already_invited(address, None))
    return InviteeOutcome("sent", ids[address.key])


def _refused(kind: str, refusal: Refusal) -> InviteeOutcome:
    return InviteeOutcome(kind, refusal.facts.get("invitation_id"), refusal)
