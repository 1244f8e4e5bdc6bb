"""What happens to reviews with time: those that the setting begins, reminders, and silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import InstrumentedAttribute

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import organizations
from webapp.domain.errors import Refusal
from webapp.domain.members import review_mails, review_silence, reviews
from webapp.models import AccessReview, Organization
from webapp.models.access_review import OPEN

LAST_REMINDER = timedelta(days=2)  # before the end
WAIT = timedelta(days=1)  # for a review that is still open when the next is due


def run() -> None:
    """Begin, remind and end what is due; safe to run twice."""
    for organization_id in _to_begin():
        _begin(organization_id)
    for organization_id, review_id in _due(AccessReview.remind_at):
        _remind(organization_id, review_id)
    for organization_id, review_id in _due(AccessReview.due_at):
        review_silence.settle_all(organization_id, review_id)


def _to_begin() -> Sequence[int]:
    query = select(Organization.id).where(
        Organization.review_days.is_not(None),
        Organization.review_due_at <= clock.now(),
        Organization.is_active,
    )
    return db.session.scalars(query.order_by(Organization.id)).all()


def _due(column: InstrumentedAttribute[Any]) -> Sequence[tuple[int, int]]:
    query = (
        select(AccessReview.organization_id, AccessReview.id)
        .join(AccessReview.organization)
        .where(text(OPEN), column <= clock.now(), Organization.is_active)
        .order_by(AccessReview.id)
    )
    return [(row.organization_id, row.id) for row in db.session.execute(query)]


@transaction()
def _begin(organization_id: int) -> None:
    """Begin the review that an organization's setting asks for, and tell its admins."""
    organization = db.session.get_one(Organization, organization_id)
    organizations.hold(organization)
    now = clock.now()
    due_at = organization.review_due_at
    if due_at is None or due_at > now or not organization.is_active:
        return
    try:
        reviews.begin(
            organization,
            by="system",
            term=reviews.USUAL_TERM,
            silence=organization.review_silence,
            asks_sponsors=True,
        )
    except Refusal:  # one is open
        organization.review_due_at = now + WAIT


@transaction()
def _remind(organization_id: int, review_id: int) -> None:
    """Remind sponsors who were asked, and admins: in the middle, and two days before the end."""
    review = review_silence.held(organization_id, review_id)
    now = clock.now()
    if review is None or review.remind_at is None or review.remind_at > now:
        return
    last = review.due_at - LAST_REMINDER
    review.remind_at = last if now < last else None
    if review.asked_at is not None:
        review_mails.ask_sponsors(review)
    if review_mails.open_count(review):
        review_mails.tell_admins(review)
