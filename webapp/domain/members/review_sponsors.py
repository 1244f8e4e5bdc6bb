"""What sponsors answer in a review about the members they sponsor: keep or end, and no more."""

from __future__ import annotations

from collections.abc import Sequence

from webapp import clock
from webapp.db import transaction
from webapp.domain import organizations, tenant
from webapp.domain.errors import Refusal
from webapp.domain.events import callers
from webapp.domain.members import ends, given_answers, holding, reviews
from webapp.domain.members.given_answers import Answered
from webapp.domain.members.review_answers import END, KEEP, MOST
from webapp.domain.organizations import permissions
from webapp.languages import gettext as _
from webapp.models import (
    AccessReview,
    Membership,
    Organization,
    ReviewAnswer,
    ReviewLine,
    Role,
    User,
)


def answer(
    organization: Organization, review_id: int, verb: str, line_ids: Sequence[int], *, by: User
) -> Answered:
    """Answer for these members; those of other sponsors are as unknown as those of nobody.

    Some of them may have another sponsor by now: that stops no answer about the others.
    """
    if verb not in (KEEP, END):
        raise Refusal(_("Choose what to do: keep or end."))
    if not line_ids:
        raise Refusal(_("Select at least one member."))
    chosen = list(dict.fromkeys(line_ids))[: MOST[verb]]
    if verb == KEEP:
        return _keep(organization, review_id, chosen, by)
    return given_answers.each(
        organization, chosen, lambda line_id: _end(organization, review_id, line_id, by)
    )


@transaction()
def _keep(
    organization: Organization, review_id: int, line_ids: Sequence[int], by: User
) -> Answered:
    organizations.lock(organization)
    review = _held(organization, review_id, by)
    lines = given_answers.lines_held(review, line_ids, Membership.sponsor_id == by.id)
    open_ = [line for line in lines if not given_answers.is_answered(line, by)]
    if not lines:
        raise tenant.unknown(ReviewLine)
    answered = given_answers.confirm(review, open_, by)
    answered.unknown = len(line_ids) - len(lines)
    answered.refused += [
        (line.user.full_name, given_answers.answered_already(line).message)
        for line in lines
        if line not in open_
    ]
    return answered


@transaction()
def _end(organization: Organization, review_id: int, line_id: int, by: User) -> str:
    """End the access of somebody whom the actor sponsors. An admin's is ended by admins alone."""
    organizations.lock(organization, alone=True)
    review = _held(organization, review_id, by)
    theirs = Membership.sponsor_id == by.id
    line, sponsored = given_answers.line_held(review, line_id, theirs)
    if given_answers.is_answered(line, by):
        raise given_answers.answered_already(line)
    member, _invitations = holding.rows(organization, sponsored.id)
    if member.user_id == by.id:
        raise given_answers.refuse_oneself()
    if member.role == Role.ADMIN:
        raise Refusal(_("Only an admin can end the access of an admin."))
    member.ends_at = clock.now()
    ends.finish(member, to=by, by=by)
    given_answers.settle(line, ReviewAnswer.END, by)
    given_answers.record(line, "AccessWithdrawn", by)
    reviews.finish_if_answered(review, by)
    return line.user.full_name


def _held(organization: Organization, review_id: int, by: User) -> AccessReview:
    """The open review, held, for a member who has access; whose they may answer is asked later."""
    callers.confirm()
    if permissions.role_of(organization.id, by.id) is None:
        raise permissions.refused()
    return reviews.held(organization, review_id)
