"""The members of a review: those that fit some filters, page by page."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.db import db
from webapp.domain import cursors, pagination, texts
from webapp.domain.pagination import Page
from webapp.models import (
    AccessReview,
    Membership,
    ReviewAnswer,
    ReviewLine,
    Role,
    User,
)

SIZE = 50
LONGEST = 254
OPEN, EVERYBODY = "open", "all"
SHOWN = (OPEN, *(answer.value for answer in ReviewAnswer), EVERYBODY)
QUIET = (30, 90, 180)  # days without activity
KINDS = (cursors.number,)


@dataclass(frozen=True, slots=True)
class LineFilters:
    """Which members of a review: by answer, words, role, days without activity, and sponsor."""

    shown: str = OPEN
    words: str = ""
    role: str = ""
    quiet: int = 0
    sponsor_id: int | None = None

    @classmethod
    def of(
        cls, shown: str | None, words: str | None, role: str | None, quiet: str | None
    ) -> LineFilters:
        """The filters of a page's query string, without unknown values."""
        return cls(
            shown if shown in SHOWN else OPEN,
            " ".join(texts.showable(words or "").split())[:LONGEST],
            role if role in set(Role) else "",
            next((days for days in QUIET if str(days) == quiet), 0),
        )


def page(
    review: AccessReview,
    filters: LineFilters,
    *,
    after: str | None = None,
    before: str | None = None,
) -> Page[ReviewLine]:
    """The page after or before a cursor, or the first, in the order in which they joined."""
    related = (
        *(ReviewLine.user, ReviewLine.sponsor, ReviewLine.invited_by),
        *(ReviewLine.answered_by, ReviewLine.membership),
    )
    matching = select(ReviewLine).where(*conditions(review, filters))
    matching = matching.options(*(joinedload(one) for one in related))

    def find(start: Any, backwards: bool, limit: int) -> list[ReviewLine]:
        query = matching.order_by(ReviewLine.id.desc() if backwards else ReviewLine.id)
        if start:
            query = query.where(ReviewLine.id < start[0] if backwards else ReviewLine.id > start[0])
        return list(db.session.scalars(query.limit(limit)))

    asked = pagination.Asked(after, before, False, SIZE)
    return pagination.cut(asked, KINDS, find, lambda row: (row.id,))


def ids(review: AccessReview, filters: LineFilters, most: int) -> list[int]:
    """The ids of the first that fit."""
    query = select(ReviewLine.id).where(*conditions(review, filters))
    return list(db.session.scalars(query.order_by(ReviewLine.id).limit(most)))


def find(
    review: AccessReview, line_ids: list[int], sponsor_id: int | None = None
) -> list[ReviewLine]:
    """Those of the review, and of the sponsor, with these ids that can be answered, in order."""
    theirs = [] if sponsor_id is None else [Membership.sponsor_id == sponsor_id]
    query = (
        select(ReviewLine)
        .options(joinedload(ReviewLine.user), joinedload(ReviewLine.membership))
        .where(
            ReviewLine.organization_id == review.organization_id,
            ReviewLine.review_id == review.id,
            ReviewLine.id.in_(line_ids),
            has_access(*theirs),
        )
    )
    return list(db.session.scalars(query.order_by(ReviewLine.id)))


def count(review: AccessReview, filters: LineFilters) -> int:
    """How many fit, on all pages."""
    query = select(func.count()).select_from(ReviewLine).where(*conditions(review, filters))
    return db.session.scalar(query) or 0


def counts(review: AccessReview) -> Counter[str]:
    """How many there are of each answer; `open` are unanswered."""
    query = (
        select(func.coalesce(ReviewLine.answer, OPEN), func.count())
        .where(_of(review))
        .group_by(ReviewLine.answer)
    )
    return Counter(dict(db.session.execute(query).all()))


def conditions(review: AccessReview, filters: LineFilters) -> list[ColumnElement[bool]]:
    """What a line has to be."""
    wanted = [_of(review)]
    if filters.shown == OPEN:
        wanted.append(ReviewLine.answer.is_(None))
    elif filters.shown != EVERYBODY:
        wanted.append(ReviewLine.answer == filters.shown)
    if filters.words:
        wanted.append(_named(filters.words))
    if filters.role:
        wanted.append(ReviewLine.role == filters.role)
    if filters.quiet:
        long_ago = clock.now() - timedelta(days=filters.quiet)
        seen = ReviewLine.last_seen_at
        wanted.append(or_(seen.is_(None), seen < long_ago))
    if filters.sponsor_id is not None:
        wanted.append(has_access(Membership.sponsor_id == filters.sponsor_id))
    return wanted


def has_access(*also: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a line's member still has access, and is such a one."""
    return exists().where(Membership.id == ReviewLine.membership_id, Membership.has_access, *also)


def everything(review: AccessReview) -> Select[ReviewLine]:
    """All of the review, in order."""
    return select(ReviewLine).where(_of(review)).order_by(ReviewLine.id)


def digest(review: AccessReview) -> str:
    """SHA-256 of who was answered how, when and by whom; in numbers, which erasing keeps."""
    columns = (ReviewLine.user_id, ReviewLine.answer, ReviewLine.answered_by_id)
    lines = select(*columns, ReviewLine.answered_at).where(ReviewLine.review_id == review.id)
    seal = hashlib.sha256()
    for user_id, answer, by_id, at in db.session.execute(lines.order_by(ReviewLine.id)):
        when = at.isoformat(timespec="microseconds") if at else ""
        seal.update(f"{user_id},{answer or ''},{by_id or ''},{when}\n".encode())
    return seal.hexdigest()


def silent_count(review: AccessReview) -> int:
    """For how many silence was the answer."""
    query = (
        select(func.count())
        .select_from(ReviewLine)
        .where(
            ReviewLine.review_id == review.id,
            ReviewLine.answered_by_id.is_(None),
            ReviewLine.answer.in_([ReviewAnswer.KEEP, ReviewAnswer.END]),
        )
    )
    return db.session.scalar(query) or 0


def _of(review: AccessReview) -> ColumnElement[bool]:
    return ReviewLine.review_id == review.id


def _named(words: str) -> ColumnElement[bool]:
    contains = (column.icontains(words, autoescape=True) for column in (User.full_name, User.email))
    return exists().where(User.id == ReviewLine.user_id, or_(*contains))
