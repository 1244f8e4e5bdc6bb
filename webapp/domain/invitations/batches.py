"""Inviting many in one transaction: the rules of inviting one, asked once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, text

from webapp.db import db, transaction
from webapp.domain import events, invitations, organizations
from webapp.domain.addresses import Address
from webapp.domain.deliverability import deliveries
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.invitations import eligibility, limits
from webapp.domain.mail import queue
from webapp.domain.organizations import permissions
from webapp.models import Invitation, Organization
from webapp.upserts import upsert


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody to be invited, and the columns of the offer (`offers.read`)."""

    address: Address
    offer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of it: `sent`, a rule of `eligibility`, `limit`; `later` was not decided."""

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
) -> list[Answer]:
    """Invite many different addresses; one answer for each, in their order.

    Raises Refusal only for what concerns all: a suspended organization, an actor without the
    right. Everything is held in the order in which inviting one person takes it: open
    invitations, the shares of admin and organization, the new rows, the shares of addresses.
    """
    organizations.lock(organization)
    permissions.require(organization, by, "invitations:write")
    keys = [invitee.address.key for invitee in invitees]
    standing = eligibility.look(organization, keys, hold=True)
    left, used_up = limits.left(organization, by, hold=True)
    answers: dict[str, Answer] = {}
    good: list[Invitee] = []
    for invitee in invitees:
        found = eligibility.objection(organization, by, invitee.address, standing)
        if found is None:
            good.append(invitee)
        else:
            answers[invitee.address.key] = _refused(*found)
    invitations.expire([one.id for one in standing.overdue()])
    chosen, over = good[:left], good[left:]
    rows = [eligibility.draft(organization, by, w.address, w.offer, send=send) for w in chosen]
    made = _insert(rows)
    mailed_enough = _take_back_unmailable(made) if send else set()
    for invitee in chosen:
        answers[invitee.address.key] = _answer(invitee.address, made, mailed_enough)
    # A place that somebody's own share of mails left free is for the next: they are not refused.
    more = Answer("later") if over and len(made) < left else _refused("limit", used_up)
    answers |= {invitee.address.key: more for invitee in over}
    limits.add(organization, by, len(made))
    _tell(organization, by, [row for row in rows if row["email_key"] in made], made, send)
    return [answers[key] for key in keys]


def _insert(rows: list[dict[str, Any]]) -> dict[str, int]:
    """The new invitations' ids by address; one that somebody else was quicker with is missing."""
    if not rows:
        return {}
    made = upsert(
        Invitation,
        rows,
        on=["organization_id", "email_key"],
        on_where=text("state = 'pending'"),
        returning=[Invitation.id, Invitation.email_key],
    )
    return {row.email_key: row.id for row in made}


def _take_back_unmailable(made: dict[str, int]) -> set[str]:
    """Take out again whom the day's share of mails forbids to mail; returns their addresses."""
    refused = set(made) - queue.take_shares("invitation", made)
    if refused:
        ids = [made.pop(key) for key in refused]
        db.session.execute(
            delete(Invitation)
            .where(Invitation.id.in_(ids))
            .execution_options(synchronize_session=False)
        )
    return refused


def _tell(
    organization: Organization,
    by: Actor,
    rows: list[dict[str, Any]],
    made: dict[str, int],
    send: bool,
) -> None:
    lines = [
        events.NewEvent(
            organization.id,
            made[row["email_key"]],
            {
                "role": row["role"],
                "email": row["email"],
                "expires_at": row["expires_at"].isoformat(),
            },
            row["email_key"],
        )
        for row in rows
    ]
    events.record_many("InvitationCreated", lines, by=by)
    if send:
        invited = [(made[row["email_key"]], row["email"]) for row in rows]
        queue.write_first(organization.id, invited)


def _answer(address: Address, made: dict[str, int], mailed_enough: set[str]) -> Answer:
    if address.key in mailed_enough:
        return _refused("limit", deliveries.mailed_enough(address.shown))
    if address.key not in made:
        return _refused("invited", eligibility.already_invited(address, None))
    return Answer("sent", made[address.key])


def _refused(kind: str, refusal: Refusal) -> Answer:
    return Answer(kind, refusal.facts.get("invitation_id"), refusal)
