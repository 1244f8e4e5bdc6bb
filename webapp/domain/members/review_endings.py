"""The end of an access review: what it comes to, sealed in the trail."""

from __future__ import annotations

from sqlalchemy import text, update

from webapp import clock
from webapp.db import db
from webapp.domain import events
from webapp.domain.events import Actor
from webapp.domain.members import review_lines
from webapp.models import AccessReview, ReviewAnswer, ReviewLine, ReviewState
from webapp.models.access_review import UNANSWERED


def finish(review: AccessReview, by: Actor | str) -> None:
    """End a held review, in the present transaction: those without an answer are gone."""
    now = clock.now()
    db.session.execute(
        update(ReviewLine)
        .where(ReviewLine.review_id == review.id, text(UNANSWERED))
        .values(answer=ReviewAnswer.GONE, answered_at=now)
        .execution_options(synchronize_session=False)
    )
    review.state, review.ended_at, review.remind_at = ReviewState.FINISHED, now, None
    review.digest = review_lines.digest(review)
    counts = review_lines.counts(review)
    events.record(
        review.organization_id,
        "AccessReviewFinished",
        by=by,
        review_id=review.id,
        kept=counts[ReviewAnswer.KEEP],
        changed=counts[ReviewAnswer.CHANGE],
        ended=counts[ReviewAnswer.END],
        gone=counts[ReviewAnswer.GONE],
        unanswered=review_lines.silent_count(review),
        digest=review.digest,
    )
