"""Actions on several invitations: one that is refused does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from webapp import clock
from webapp.db import db
from webapp.domain import invitations
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.events.callers import SignedOut
from webapp.domain.invitations import conditions, resends
from webapp.domain.invitations.lines import Criteria
from webapp.languages import gettext
from webapp.models import Invitation, InvitationState, Organization

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


def matching(organization: Organization, criteria: Criteria) -> tuple[list[int], int]:
    """The ids of those that fit and can be changed, and how many these are: the first MOST.

    Those that were resent last come last, so that the others are next.
    """
    now = clock.now()
    fits: list[Any] = [Invitation.organization_id == organization.id, Invitation.may_be_resent]
    if criteria.status == InvitationState.EXPIRED:
        fits.append(Invitation.is_expired(now))
    elif criteria.status == InvitationState.PENDING:
        fits.append(Invitation.is_pending(now))
    elif criteria.status:
        return [], 0
    query = conditions.narrow(select(Invitation.id), conditions.shape(criteria)).where(*fits)
    values = conditions.values(organization, criteria)
    number = db.session.scalar(select(func.count()).select_from(query.subquery()), values) or 0
    first = query.order_by(
        Invitation.resent_at.is_not(None), Invitation.resent_at, Invitation.id
    ).limit(MOST)
    return list(db.session.scalars(first, values)), number


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
        raise Refusal(gettext("Choose whether to resend or revoke the selected invitations."))
    chosen = [(row.id, row.email) for row in find(organization, ids)]
    if not chosen:
        raise Refusal(gettext("Select at least one invitation that is pending or expired."))
    return each(chosen, lambda invitation_id: VERBS[verb](organization, invitation_id, by=by))


def each(chosen: Sequence[tuple[int, str]], act: Callable[[int], object]) -> BulkResult:
    """Do it for each (id, address); one that is refused does not stop the others."""
    done, refused = [], []
    for row_id, email in chosen:
        try:
            act(row_id)
            done.append(email)
        except SignedOut:
            raise  # concerns all of them
        except Refusal as refusal:
            refused.append((email, refusal.message))
    return BulkResult(done, refused)
