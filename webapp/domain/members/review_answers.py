"""What admins answer in a review: keep, change or end the access of one member or of many.

Nobody answers for themselves. Each change and each end is a transaction of its own: one that is
refused does not stop the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.db import transaction
from webapp.domain import organizations
from webapp.domain.errors import Refusal
from webapp.domain.events import Actor
from webapp.domain.invitations import inviter_handover
from webapp.domain.members import ends, given_answers, reviews, roles
from webapp.domain.members.given_answers import Answered
from webapp.domain.organizations import permissions
from webapp.languages import gettext as _
from webapp.models import (
    Membership,
    Organization,
    ReviewAnswer,
    ReviewLine,
)

KEEP, CHANGE, END = "keep", "change", "end"
VERBS = (KEEP, CHANGE, END)
MOST = {KEEP: 1000, CHANGE: 200, END: 200}  # at a time
UNCHANGED: Any = object()  # in place of an end


@dataclass(frozen=True, slots=True)
class Terms:
    """What a change gives: a role (none: the same), an end, and what becomes of invitations."""

    role: str | None = None
    ends_at: datetime | None = UNCHANGED
    pending: str = inviter_handover.REVOKE


def answer(
    organization: Organization,
    review_id: int,
    verb: str,
    line_ids: Sequence[int],
    *,
    by: Actor,
    terms: Terms | None = None,
) -> Answered:
    """Answer for these members, at most MOST of them; refusals are told one by one."""
    if verb not in VERBS:
        raise Refusal(_("Choose what to do: keep, change or end."))
    if not line_ids:
        raise Refusal(_("Select at least one member."))
    chosen, terms = list(dict.fromkeys(line_ids))[: MOST[verb]], terms or Terms()
    if verb == KEEP:
        return keep(organization, review_id, chosen, by=by)
    if verb == CHANGE and terms.role is None and terms.ends_at is UNCHANGED:
        raise Refusal(_("Choose another role or another end."), "role")
    act = _change if verb == CHANGE else _end
    return given_answers.each(
        organization, chosen, lambda line_id: act(organization, review_id, line_id, by, terms)
    )


@transaction()
def keep(
    organization: Organization,
    review_id: int,
    line_ids: Sequence[int],
    *,
    by: Actor,
) -> Answered:
    """Confirm that these members keep their access."""
    organizations.lock(organization)
    permissions.require(organization, by, "members:write")
    review = reviews.held(organization, review_id)
    return given_answers.confirm(review, given_answers.lines_held(review, line_ids), by)


@transaction()
def _change(
    organization: Organization, review_id: int, line_id: int, by: Actor, terms: Terms
) -> str:
    """Give the member another role or another end, as the answer."""
    line, member = _begin(organization, review_id, line_id, by)
    review = reviews.held(organization, review_id)
    if terms.role is not None:
        roles.change_role(organization, member.id, by=by, role=terms.role, pending=terms.pending)
    if terms.ends_at is not UNCHANGED:
        ends.set_end(organization, member.id, by=by, ends_at=terms.ends_at)
    given_answers.settle(line, ReviewAnswer.CHANGE, by)
    line.role_after, line.ends_after = member.role, member.ends_at
    given_answers.record(line, "AccessConfirmed", by)
    reviews.finish_if_answered(review, by)
    return line.user.full_name


@transaction()
def _end(organization: Organization, review_id: int, line_id: int, by: Actor, terms: Terms) -> str:
    """End the member's access, as the answer."""
    line, member = _begin(organization, review_id, line_id, by)
    review = reviews.held(organization, review_id)
    ends.end_now(organization, member.id, by=by, pending=terms.pending)
    given_answers.settle(line, ReviewAnswer.END, by)
    given_answers.record(line, "AccessWithdrawn", by)
    reviews.finish_if_answered(review, by)
    return line.user.full_name


def _begin(
    organization: Organization, review_id: int, line_id: int, by: Actor
) -> tuple[ReviewLine, Membership]:
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "members:write")
    line, member = given_answers.line_held(reviews.held(organization, review_id), line_id)
    if line.user_id == by.id:
        raise given_answers.refuse_oneself()
    return line, member
