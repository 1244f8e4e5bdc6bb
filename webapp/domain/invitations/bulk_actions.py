"""Actions on several invitations: one that is refused does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from webapp.db import db
from webapp.domain import invitations
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.events.callers import SignedOut
from webapp.domain.invitations import resends
from webapp.models import Invitation, Organization

MOST = 200
VERBS: dict[str, Callable[..., Invitation]] = {
    "resend": resends.resend,
    "revoke": invitations.revoke,
}


@dataclass(frozen=True, slots=True)
class BulkResult:
    """The addresses that it was done for, and the refused ones with the reason for each."""

    done: Sequence[str]
    refused: Sequence[tuple[str, str]]


def find(organization: Organization, ids: Sequence[int]) -> list[Invitation]:
    """The organization's invitations with these ids that have not ended for good, by address."""
    query = (
        select(Invitation)
        .where(
            Invitation.organization_id == organization.id,
            Invitation.id.in_(ids[:MOST]),
            Invitation.may_be_resent,
        )
        .order_by(Invitation.email_key, Invitation.id)
    )
    return list(db.session.scalars(query))


def do(organization: Organization, verb: str, ids: Sequence[int], *, by: Actor) -> BulkResult:
    """Resend or revoke each of these invitations, one transaction each; Refusal when there is none.

    Ordered by address, like everything that takes the daily shares of several addresses.
    """
    if verb not in VERBS:
        raise Refusal("Choose what to do with the selected invitations.")
    chosen = [(row.id, row.email) for row in find(organization, ids)]
    if not chosen:
        raise Refusal("Select at least one invitation that is pending or expired.")
    done, refused = [], []
    for invitation_id, email in chosen:
        try:
            VERBS[verb](organization, invitation_id, by=by)
            done.append(email)
        except SignedOut:
            raise  # concerns all of them
        except Refusal as refusal:
            refused.append((email, refusal.message))
    return BulkResult(done, refused)
