"""Access extended or ended for several members; one that is refused does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.db import db
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.invitations.bulk_actions import BulkResult, each
from webapp.domain.members import ends
from webapp.languages import gettext
from webapp.models import Membership, Organization

MOST = 200
VERBS: dict[str, Callable[..., Membership]] = {"extend": ends.extend, "end": ends.end_now}


def find(organization: Organization, ids: Sequence[int]) -> list[Membership]:
    """The organization's members with these ids who are not deactivated, by joining."""
    query = (
        select(Membership)
        .options(joinedload(Membership.user))
        .where(
            Membership.organization_id == organization.id,
            Membership.id.in_(ids[:MOST]),
            Membership.is_active,
        )
        .order_by(Membership.id)
    )
    return list(db.session.scalars(query))


def do(organization: Organization, verb: str, ids: Sequence[int], *, by: Actor) -> BulkResult:
    """Extend or end the access of each, one transaction each; Refusal when there is none.

    Open invitations of admins whose access ends are revoked (rule 15).
    """
    if verb not in VERBS:
        raise Refusal(gettext("Choose whether to extend or end the access of those selected."))
    chosen = [(row.id, row.user.email) for row in find(organization, ids)]
    if not chosen:
        raise Refusal(gettext("Select at least one member."))
    return each(chosen, lambda membership_id: VERBS[verb](organization, membership_id, by=by))
