"""What silence means: whoever is not answered for in time keeps access, or loses it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from sqlalchemy import select, text, update

from webapp import clock
from webapp.db import after_commit, db, transaction
from webapp.domain import organizations, upkeep
from webapp.domain.errors import Refusal
from webapp.domain.invitations import inviter_handover
from webapp.domain.links import handover
from webapp.domain.members import (
    end_rules,
    ends,
    given_answers,
    holding,
    review_lines,
    reviews,
)
from webapp.domain.organizations import permissions
from webapp.models import (
    AccessReview,
    Invitation,
    InvitationState,
    Membership,
    Organization,
    ReviewAnswer,
    ReviewLine,
    Role,
    User,
)
from webapp.models.access_review import UNANSWERED

BATCH = 200

log = logging.getLogger("gatehouse.members")


def settle_all(organization_id: int, review_id: int) -> None:
    """Settle everybody about whom nobody answered in time, and end the review; safe to repeat."""
    upkeep.each(_acts(organization_id, review_id))
    _finish(organization_id, review_id)


def _acts(organization_id: int, review_id: int) -> Iterator[Callable[[], None]]:
    last = 0
    while batch := _unanswered(review_id, last):
        for line_id in batch:
            yield partial(_settle, organization_id, review_id, line_id)
        last = batch[-1]


def _unanswered(review_id: int, after: int) -> Sequence[int]:
    """The next members who lose their access by silence."""
    query = (
        select(ReviewLine.id)
        .join(AccessReview, AccessReview.id == ReviewLine.review_id)
        .where(
            ReviewLine.review_id == review_id,
            AccessReview.silence == reviews.END,
            ReviewLine.answer.is_(None),
            ReviewLine.id > after,
            review_lines.has_access(),
        )
    )
    return db.session.scalars(query.order_by(ReviewLine.id).limit(BATCH)).all()


@transaction()
def _settle(organization_id: int, review_id: int, line_id: int) -> None:
    """End one member's access because nobody answered; the last admin's stays."""
    review = held(organization_id, review_id)
    if review is None or review.due_at > clock.now():
        return
    line = next(iter(given_answers.lines_held(review, [line_id])), None)
    if line is None or line.answer is not None or line.membership_id is None:
        return
    if _has_joined_since(review, line):
        given_answers.settle(line, ReviewAnswer.GONE, None)
        return
    member, invitations = holding.rows(review.organization, line.membership_id)
    if end_rules.leaves_no_admin(member, clock.now()):
        given_answers.settle(line, ReviewAnswer.KEEP, None)
        words = "%s: nobody confirmed its last admin in a review, who keeps access"
        after_commit(partial(log.warning, words, review.organization.slug))
        return
    successor = _successor(member)
    if member.role == Role.ADMIN and successor is not None:
        inviter_handover.hand_over(invitations, to=successor)
    elif member.role == Role.ADMIN:
        inviter_handover.revoke(invitations, by="system")
    if member.role == Role.ADMIN:
        handover.pass_on(member, to=successor, by="system")
    member.ends_at = clock.now()
    ends.finish(member, to=successor, by="system")
    given_answers.settle(line, ReviewAnswer.END, None)
    given_answers.record(line, "AccessWithdrawn", "system")


def _has_joined_since(review: AccessReview, line: ReviewLine) -> bool:
    """Whether their access ended, and they joined anew: they come in the next review."""
    joined = select(Invitation.id).where(
        Invitation.organization_id == review.organization_id,
        Invitation.email_key == line.user.email_key,
        Invitation.state == InvitationState.ACCEPTED,
        Invitation.ended_at > review.started_at,
    )
    return db.session.scalar(joined.limit(1)) is not None


def _successor(member: Membership) -> User | None:
    """The sponsor, if they are an admin with access."""
    if member.sponsor_id is None:
        return None
    role = permissions.role_of(member.organization_id, member.sponsor_id)
    return db.session.get(User, member.sponsor_id) if role == Role.ADMIN else None


@transaction()
def _finish(organization_id: int, review_id: int) -> None:
    """End a review whose time is over; whoever is left keeps access, if silence means that."""
    review = held(organization_id, review_id)
    if review is None or review.due_at > clock.now():
        return
    if review.silence == reviews.KEEP:
        db.session.execute(
            update(ReviewLine)
            .where(
                ReviewLine.review_id == review_id,
                text(UNANSWERED),
                review_lines.has_access(),
            )
            .values(answer=ReviewAnswer.KEEP, answered_at=clock.now())
            .execution_options(synchronize_session=False)
        )
    reviews.finish_if_answered(review, "system")


def held(organization_id: int, review_id: int) -> AccessReview | None:
    """The review, held with its organization; None when it has ended, or waits for a resumption."""
    organization = db.session.get_one(Organization, organization_id)
    organizations.hold(organization)
    try:
        return reviews.held(organization, review_id) if organization.is_active else None
    except Refusal:
        return None
