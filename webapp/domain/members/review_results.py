"""The result of a review as a CSV file: who let whom in, and who confirmed it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from webapp.db import db, transaction
from webapp.domain import events, spreadsheets
from webapp.domain.events import Actor, Operator
from webapp.domain.members import reviews
from webapp.domain.organizations import permissions
from webapp.models import AccessReview, Organization, ReviewLine, User

COLUMNS = (
    *("name", "email", "role", "groups", "joined_at", "last_activity", "access_until"),
    *("sponsor", "invited_by", "answer", "answered_at", "answered_by"),
    *("role_after", "access_until_after"),
)
NOBODY = "nobody answered"
AT_A_TIME = 1000


@transaction()
def take(organization: Organization, review_id: int, *, by: Actor) -> Iterator[str]:
    """The lines of the review as CSV (RFC 4180), piece by piece; on record."""
    permissions.require(organization, by, "members:write")
    review = reviews.find(organization, review_id)
    user_id = None if isinstance(by, Operator) else by.id
    what = "the result of an access review"
    events.record(organization, "DataExported", by=by, user_id=user_id, what=what)
    return _lines(review)


def _lines(review: AccessReview) -> Iterator[str]:
    yield from spreadsheets.lines([COLUMNS])
    for piece in spreadsheets.lines(_rows(review.id)):
        yield piece.removeprefix("\ufeff")


def _rows(review_id: int) -> Iterator[list[str]]:
    sponsor, inviter, answerer = aliased(User), aliased(User), aliased(User)
    query = (
        select(
            *(ReviewLine.id, User.full_name, User.email, ReviewLine.role, ReviewLine.groups),
            *(ReviewLine.joined_at, ReviewLine.last_seen_at, ReviewLine.ends_at),
            *(sponsor.email, inviter.email, ReviewLine.answer, ReviewLine.answered_at),
            *(ReviewLine.answered_by_id, answerer.email),
            *(ReviewLine.role_after, ReviewLine.ends_after),
        )
        .join(User, User.id == ReviewLine.user_id)
        .outerjoin(sponsor, sponsor.id == ReviewLine.sponsor_id)
        .outerjoin(inviter, inviter.id == ReviewLine.invited_by_id)
        .outerjoin(answerer, answerer.id == ReviewLine.answered_by_id)
        .where(ReviewLine.review_id == review_id)
        .order_by(ReviewLine.id)
        .limit(AT_A_TIME)
    )
    last = 0
    while found := db.session.execute(query.where(ReviewLine.id > last)).all():
        for line_id, *cells in found:
            last = line_id
            yield _cells(cells)


def _cells(cells: list[Any]) -> list[str]:
    """The cells of one member; the number of who answered becomes words where it is nobody."""
    answer, by_id, by_email = cells[9], cells[11], cells[12]
    answered_by = by_email or (str(by_id) if by_id else "")
    if by_id is None and answer in reviews.SILENCE:
        answered_by = NOBODY
    return [_plain(cell) for cell in (*cells[:11], answered_by, *cells[13:])]


def _plain(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="seconds")
    return str(cell or "")
