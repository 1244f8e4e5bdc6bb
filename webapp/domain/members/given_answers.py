"""Noting in a review what was answered about members, and recording it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.db import db
from webapp.domain import events, tenant
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.events import Actor, NewEvent
from webapp.domain.events.callers import SignedOut
from webapp.domain.members import holding, review_lines, reviews
from webapp.languages import gettext as _
from webapp.models import AccessReview, Membership, Organization, ReviewAnswer, ReviewLine


@dataclass(slots=True)
class Answered:
    """For whom it was done, and for whom it was refused, with the reason.

    Others are `unknown`: not theirs to answer for, so they are counted and never named.
    """

    done: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    unknown: int = 0


def each(
    organization: Organization, line_ids: Sequence[int], act: Callable[[int], str]
) -> Answered:
    """Do it for each; `act` returns whom it was about. Raises NotFound when all are unknown."""
    answered = Answered()
    for line_id in line_ids:
        try:
            answered.done.append(act(line_id))
        except SignedOut:
            raise
        except NotFound:
            answered.unknown += 1
            if answered.unknown == len(line_ids):
                raise
        except Refusal as refusal:
            if refusal.status != 422:
                raise
            answered.refused.append((_name(organization, line_id), refusal.message))
    return answered


def confirm(review: AccessReview, lines: Sequence[ReviewLine], by: Actor) -> Answered:
    """Note for held lines that access was confirmed; the present transaction has asked for rights.

    Confirming twice changes nothing.
    """
    answered, confirmed = Answered(), []
    for line in lines:
        if line.user_id == by.id and not _is_only_admin(line):
            answered.refused.append((line.user.full_name, refuse_oneself().message))
            continue
        answered.done.append(line.user.full_name)
        if (line.answer, line.answered_by_id) != (ReviewAnswer.KEEP, by.id):
            settle(line, ReviewAnswer.KEEP, by)
            confirmed.append(line)
    db.session.flush()
    events.record_many("AccessConfirmed", [_new_event(line) for line in confirmed], by=by)
    reviews.finish_if_answered(review, by)
    return answered


def refuse_oneself() -> Refusal:
    """The refusal of people who answer for themselves."""
    return Refusal(_("Somebody else has to answer for you."))


def is_answered(line: ReviewLine, by: Actor) -> bool:
    """Whether somebody else has answered, such as an admin: a sponsor's answer undoes no other."""
    return line.answer is not None and line.answered_by_id != by.id


def answered_already(line: ReviewLine) -> Refusal:
    """The refusal of a sponsor's answer where there is another."""
    name = line.user.full_name
    return Refusal(_("An admin has already answered for %(name)s.", name=name))


def settle(line: ReviewLine, given: ReviewAnswer, by: Actor | None) -> None:
    """Note the answer in a held line; without an actor it is that nobody answered in time."""
    line.answer, line.answered_at = given, clock.now()
    line.answered_by_id = by.id if by else None


def lines_held(review: AccessReview, line_ids: Sequence[int], *also: Any) -> Sequence[ReviewLine]:
    """Lines of a held review whose members still have access, read afresh and locked."""
    return db.session.scalars(
        select(ReviewLine)
        .options(joinedload(ReviewLine.user), joinedload(ReviewLine.membership))
        .where(
            ReviewLine.organization_id == review.organization_id,
            ReviewLine.review_id == review.id,
            ReviewLine.id.in_(line_ids),
            review_lines.has_access(*also),
        )
        .order_by(ReviewLine.id)
        .with_for_update(of=ReviewLine)
        .execution_options(populate_existing=True)
    ).all()


def line_held(review: AccessReview, line_id: int, *also: Any) -> tuple[ReviewLine, Membership]:
    """One such line with its member; refuses those who have no access any more."""
    line = next(iter(lines_held(review, [line_id], *also)), None)
    if line is not None and line.membership is not None:
        return line, line.membership
    known = tenant.find(review.organization_id, ReviewLine, line_id)
    if known is None or known.review_id != review.id or also:
        raise tenant.unknown(ReviewLine)
    raise Refusal(_("They no longer have access, so there is nothing to answer."))


def record(line: ReviewLine, name: str, by: Actor | str) -> None:
    """Record the answer in the trail: who was let in by whom, and who confirmed it or did not."""
    facts = _facts(line)
    events.record(line.organization_id, name, by=by, **facts)


def _new_event(line: ReviewLine) -> NewEvent:
    return NewEvent(line.organization_id, None, _facts(line), line.user.email_key)


def _facts(line: ReviewLine) -> dict[str, Any]:
    member = line.membership
    return {
        "user_id": line.user_id,
        "email": line.user.email,
        "review_id": line.review_id,
        "role": member.role if member else line.role,
        "invited_by": line.invited_by_id,
    }


def _is_only_admin(line: ReviewLine) -> bool:
    """Whether nobody else could answer: a review of one admin would never end otherwise."""
    return line.membership is not None and holding.is_last_admin(line.membership)


def _name(organization: Organization, line_id: int) -> str:
    line = tenant.find(organization.id, ReviewLine, line_id)
    return line.user.full_name if line else ""
