"""What happens to reviews with time: those that the setting begins, reminders, and silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import InstrumentedAttribute

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import organizations, upkeep
from webapp.domain.errors import Refusal
from webapp.domain.members import review_mails, review_silence, reviews
from webapp.domain.organizations import days
from webapp.models import AccessReview, Organization
from webapp.models.access_review import OPEN

LAST_REMINDER = 2  # days before the end
LEAST = timedelta(days=1)  # between the last reminder and a silence that ends access
WAIT = timedelta(days=1)  # for a review that is still open when the next is due


def run() -> None:
    """Begin, remind and end what is due; safe to run twice. One that breaks stops no other."""
    upkeep.each(_acts())


def _acts() -> Iterator[Callable[[], None]]:
    for organization_id in _to_begin():
        yield partial(_begin, organization_id)
    for due in _due(AccessReview.remind_at):
        yield partial(_remind, *due)
    for due in _due(AccessReview.due_at):
        yield partial(review_silence.settle_all, *due)


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
    """Remind sponsors who were asked, and admins: in the middle, and two days before the end.

    A reminder that comes too late, after a suspension, puts off an end by silence.
    """
    review = review_silence.held(organization_id, review_id)
    now = clock.now()
    if review is None or review.remind_at is None or review.remind_at > now:
        return
    last = review.due_at - timedelta(days=LAST_REMINDER)
    review.remind_at = last if now < last else None
    if review.silence == reviews.END and review.due_at < now + LEAST:
        review.due_at = days.after(review.organization, LAST_REMINDER)
    if review.asked_at is not None:
        review_mails.ask_sponsors(review)
    if review_mails.open_count(review):
        review_mails.tell_admins(review)
