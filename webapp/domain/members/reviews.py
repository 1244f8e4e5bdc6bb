"""Access reviews: starting one, stopping it, and what its end records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, text

from webapp import clock
from webapp.db import db, transaction
from webapp.domain import events, organizations, tenant
from webapp.domain.errors import Refusal
from webapp.domain.events import OPERATOR, Actor
from webapp.domain.members import review_endings, review_lines, review_mails, review_snapshots
from webapp.domain.members.review_lines import LineFilters
from webapp.domain.organizations import days, permissions
from webapp.languages import gettext as _
from webapp.models import AccessReview, Organization, ReviewLine, ReviewState, User
from webapp.models.access_review import OPEN, UNANSWERED

TERMS = (7, 14, 30)  # days
USUAL_TERM = 14
KEEP, END = "keep", "end"
SILENCE = (KEEP, END)
LISTED = 50


def already_open() -> Refusal:
    """The refusal of a second review at the same time."""
    return Refusal(_("A review is open already. Finish or stop it first."))


def find(organization: Organization, review_id: int) -> AccessReview:
    """The organization's review with that id; raises NotFound, also for others'."""
    return tenant.get(organization, AccessReview, review_id)


def held(organization: Organization, review_id: int) -> AccessReview:
    """The same, open, and locked until the transaction ends: with the organization locked."""
    review = tenant.get(organization, AccessReview, review_id, lock="no key update")
    if not review.is_open:
        raise Refusal(_("This review has ended. Its answers stay as they are."))
    return review


def newest(organization: Organization) -> Sequence[AccessReview]:
    """The newest reviews of the organization, newest first."""
    query = select(AccessReview).where(AccessReview.organization_id == organization.id)
    return db.session.scalars(query.order_by(AccessReview.id.desc()).limit(LISTED)).all()


def asked_of(organization: Organization, sponsor: User) -> AccessReview | None:
    """The open review in which sponsors were asked, if this one still has members to answer for."""
    query = select(AccessReview).where(
        AccessReview.organization_id == organization.id,
        text(OPEN),
        AccessReview.asked_at.is_not(None),
    )
    review = db.session.scalar(query)
    theirs = LineFilters(sponsor_id=sponsor.id)
    return review if review and review_lines.ids(review, theirs, 1) else None


@transaction({"one_open_review": already_open})
def start(
    organization: Organization,
    *,
    by: Actor,
    term: int = USUAL_TERM,
    silence: str = KEEP,
    asks_sponsors: bool = False,
) -> AccessReview:
    """Begin a review of everybody who has access now; one at a time."""
    organizations.lock(organization, alone=True)
    permissions.require(organization, by, "members:write")
    if term not in TERMS:
        raise Refusal(_("Choose how long it lasts: 7, 14 or 30 days."), "term")
    refuse_silence(silence, "silence")
    return begin(organization, by=by, term=term, silence=silence, asks_sponsors=asks_sponsors)


def refuse_silence(silence: str, field: str) -> None:
    """Refuse what cannot become of members about whom nobody answers."""
    if silence not in SILENCE:
        raise Refusal(_("Choose what happens to members nobody answers for."), field)


def begin(
    organization: Organization, *, by: Actor | str, term: int, silence: str, asks_sponsors: bool
) -> AccessReview:
    """Begin a review in the present transaction, with the organization held alone."""
    _refuse_second(organization)
    now, due_at = clock.now(), days.after(organization, term)
    review = AccessReview(
        organization_id=organization.id,
        state=ReviewState.OPEN,
        started_at=now,
        started_by_id=getattr(by, "id", None),
        due_at=due_at,
        silence=silence,
        asked_at=now if asks_sponsors else None,
        remind_at=now + (due_at - now) / 2,
    )
    db.session.add(review)
    db.session.flush()
    events.record(
        organization,
        "AccessReviewStarted",
        by=by,
        review_id=review.id,
        members=review_snapshots.fill(review),
        until=due_at.isoformat(),
        silence=silence,
    )
    if organization.review_days:
        organization.review_due_at = now + timedelta(days=organization.review_days)
    if asks_sponsors:
        review_mails.ask_sponsors(review)
        review_mails.tell_admins(review, but=review.started_by_id)
    return review


def _refuse_second(organization: Organization) -> None:
    of_organization = AccessReview.organization_id == organization.id
    if db.session.scalar(select(AccessReview.id).where(of_organization, text(OPEN))) is not None:
        raise already_open()


@transaction()
def ask_sponsors(organization: Organization, review_id: int, *, by: Actor) -> int:
    """Ask sponsors for the members they sponsor, once; returns how many mails that takes."""
    organizations.lock(organization)
    permissions.require(organization, by, "members:write")
    review = held(organization, review_id)
    if review.asked_at is not None:
        raise Refusal(_("Sponsors have been asked already. They are reminded automatically."))
    review.asked_at = clock.now()
    number = review_mails.ask_sponsors(review)
    events.record(organization, "AccessReviewSponsorsAsked", by=by, review_id=review.id)
    return number


@transaction()
def stop(organization: Organization, review_id: int, *, by: Actor) -> AccessReview:
    """End a review at once: what was answered stays, and nobody else loses access."""
    organizations.lock(organization)
    permissions.require(organization, by, "members:write")
    review = tenant.get(organization, AccessReview, review_id, lock="no key update")
    if review.state == ReviewState.STOPPED:
        return review
    review = held(organization, review_id)
    _stop(review, by)
    return review


@transaction()
def stop_restored() -> int:
    """Stop all that were open in a restored backup; returns how many (rule M6).

    Nobody knows who was answered for since, and silence must end nobody's access.
    """
    opened = select(AccessReview).where(text(OPEN)).order_by(AccessReview.id)
    restored = db.session.scalars(opened.with_for_update(key_share=True)).all()
    for review in restored:
        _stop(review, OPERATOR)
    return len(restored)


def _stop(review: AccessReview, by: Actor) -> None:
    review.state, review.ended_at, review.remind_at = ReviewState.STOPPED, clock.now(), None
    left = review_mails.open_count(review)
    events.record(
        review.organization_id, "AccessReviewStopped", by=by, review_id=review.id, left=left
    )


def finish_if_answered(review: AccessReview, by: Actor | str) -> bool:
    """End a held review once everybody who still has access is answered for; whether it ended."""
    waits = select(ReviewLine.id).where(
        ReviewLine.review_id == review.id, text(UNANSWERED), review_lines.has_access()
    )
    db.session.flush()
    if db.session.scalar(waits.limit(1)) is not None:
        return False
    review_endings.finish(review, by)
    return True
