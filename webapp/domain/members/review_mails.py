"""The mails of a review: to sponsors who are asked for theirs, and to admins."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, func, select, text

from webapp import config, formats, languages
from webapp.db import db
from webapp.domain import letters
from webapp.domain.letters import facts as letter_facts
from webapp.domain.letters import templates
from webapp.domain.letters.facts import Facts
from webapp.domain.mail import composing, kinds, queue
from webapp.domain.mail.composing import Composed, Drop
from webapp.domain.mail.kinds import FROM_OTHERS
from webapp.domain.members import review_lines
from webapp.domain.members.review_lines import LineFilters
from webapp.domain.organizations import days, permissions
from webapp.languages import gettext, marked, ngettext
from webapp.models import AccessReview, Delivery, Membership, Organization, ReviewLine, Role, User
from webapp.models.access_review import OPEN, UNANSWERED

SPONSOR, ADMIN = "review", "review_admin"
NOT_THEIRS = marked("They may not answer any more.")
ANSWERED = marked("Everything was answered before it was sent.")


def ask_sponsors(review: AccessReview) -> int:
    """Mail sponsors who have not answered for theirs; returns how many mails.

    Admins get a mail of their own: they see everybody.
    """
    sponsors = (
        select(User)
        .where(
            User.id.in_(
                select(Membership.sponsor_id)
                .join(ReviewLine, ReviewLine.membership_id == Membership.id)
                .where(ReviewLine.review_id == review.id, text(UNANSWERED), Membership.has_access)
            ),
            User.id.in_(_members(review.organization_id).where(Membership.role != Role.ADMIN)),
        )
        # Their daily shares stay locked until commit: taken in one order, no deadlock.
        .order_by(User.email_key)
    )
    return _queue(SPONSOR, review, db.session.scalars(sponsors).all())


def tell_admins(review: AccessReview, *, but: int | None = None) -> int:
    """Mail the admins that the review waits for answers; returns how many mails."""
    admins = _members(review.organization_id).where(Membership.role == Role.ADMIN)
    query = select(User).where(User.id.in_(admins), User.id != (but or 0)).order_by(User.email_key)
    return _queue(ADMIN, review, db.session.scalars(query).all())


def _members(organization_id: int) -> Select[int]:
    return select(Membership.user_id).where(
        Membership.organization_id == organization_id, Membership.has_access
    )


def _queue(kind: str, review: AccessReview, users: Sequence[User]) -> int:
    mails = [
        queue.queue_mail(kind, organization_id=review.organization_id, user=user) for user in users
    ]
    return len([mail for mail in mails if mail is not None])


@kinds.composes(SPONSOR, cause="an admin starts an access review", share=FROM_OTHERS)
def _compose_for_sponsor(delivery: Delivery) -> Composed:
    organization, user = composing.organization(delivery), composing.account(delivery)
    if permissions.role_of(organization.id, user.id, hold=False) is None:
        return Drop(NOT_THEIRS)
    review = _open_review(organization)
    filters = LineFilters(sponsor_id=user.id)
    number = review_lines.count(review, filters) if review and review.asked_at else 0
    if review is None or not number:
        return Drop(ANSWERED)
    with languages.written_in(user.language, organization.language):
        return _letter(delivery, organization, user, review, number, f"{review.id}/mine")


@kinds.composes(ADMIN, cause="an access review waits for answers", share=FROM_OTHERS)
def _compose_for_admin(delivery: Delivery) -> Composed:
    organization, user = composing.organization(delivery), composing.account(delivery)
    role = permissions.role_of(organization.id, user.id, hold=False)
    if role is None or not permissions.allows(role, "members:write"):
        return Drop(NOT_THEIRS)
    review = _open_review(organization)
    number = review_lines.count(review, LineFilters()) if review else 0
    if review is None or not number:
        return Drop(ANSWERED)
    with languages.written_in(user.language, organization.language):
        return _letter(delivery, organization, user, review, number, str(review.id))


def _open_review(organization: Organization) -> AccessReview | None:
    return db.session.scalar(
        select(AccessReview)
        .where(AccessReview.organization_id == organization.id, text(OPEN))
        .execution_options(populate_existing=True)
    )


def _letter(
    delivery: Delivery,
    organization: Organization,
    user: User,
    review: AccessReview,
    number: int,
    page: str,
) -> Composed:
    silence = (
        gettext("Members without an answer by then lose access.")
        if review.silence == "end"
        else gettext("Members without an answer by then keep access.")
    )
    values = {
        "invitee": letter_facts.name_of(user),
        "organization": organization.name,
        "email": user.email,
        "number": ngettext("%(n)s member", "%(n)s members", number, n=formats.number(number)),
        "until": days.in_words(organization, review.due_at),
        "silence": silence,
        "link": f"{config.current().public_url}/orgs/{organization.slug}/reviews/{page}",
    }
    facts = Facts(delivery.kind, organization.name, values, color=organization.color)
    return letters.letter(delivery, templates.built_in(delivery.kind), facts)


def open_count(review: AccessReview) -> int:
    """How many are unanswered."""
    query = select(func.count()).select_from(ReviewLine)
    return db.session.scalar(query.where(ReviewLine.review_id == review.id, text(UNANSWERED))) or 0
