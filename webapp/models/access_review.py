"""Access reviews: who was a member when one began, and who confirmed each of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.column_types import BigId
from webapp.db import Model
from webapp.models.membership import Membership
from webapp.models.organization import Organization
from webapp.models.user import User

# The conditions of the partial indexes, word for word as in the queries that use them.
OPEN = "state = 'open'"
UNANSWERED = "answer IS NULL"


class ReviewState(StrEnum):
    """`open`, then one of the others."""

    OPEN = "open"
    FINISHED = "finished"
    STOPPED = "stopped"


class ReviewAnswer(StrEnum):
    """What was answered about a member; `gone` is one who had no access any more at the end."""

    KEEP = "keep"
    CHANGE = "change"
    END = "end"
    GONE = "gone"


class AccessReview(Model):
    """One review of all members of an organization; one at a time."""

    __tablename__ = "access_reviews"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'finished', 'stopped')", name="state"),
        CheckConstraint("silence IN ('keep', 'end')", name="silence"),
        Index(
            "one_open_review",
            "organization_id",
            unique=True,
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index("ix_access_reviews_page", "organization_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    state: Mapped[str] = mapped_column(String(20), default=ReviewState.OPEN)
    started_at: Mapped[datetime]
    # None: by the organization's setting.
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # When silence counts as an answer, and as which.
    due_at: Mapped[datetime]
    silence: Mapped[str] = mapped_column(String(10))
    # When sponsors were asked for theirs; None: they are not.
    asked_at: Mapped[datetime | None]
    # When those who have not answered are reminded next; None: not again.
    remind_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # SHA-256 of the answers, as the event of its end has it.
    digest: Mapped[str | None] = mapped_column(String(64))

    organization: Mapped[Organization] = relationship()
    started_by: Mapped[User | None] = relationship()

    @property
    def is_open(self) -> bool:
        """Whether it can be answered."""
        return self.state == ReviewState.OPEN


class ReviewLine(Model):
    """A member as they were when the review began, and what was answered about them."""

    __tablename__ = "access_review_lines"
    __table_args__ = (
        UniqueConstraint("review_id", "user_id", name="one_line_of_a_member"),
        Index(
            "ix_access_review_lines_unanswered",
            "review_id",
            "id",
            sqlite_where=text(UNANSWERED),
            postgresql_where=text(UNANSWERED),
        ),
        Index("ix_access_review_lines_page", "review_id", "id"),
        Index("ix_access_review_lines_membership", "membership_id"),
        Index("ix_access_review_lines_user", "user_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("access_reviews.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    # None once they have left.
    membership_id: Mapped[int | None] = mapped_column(
        ForeignKey("memberships.id", ondelete="SET NULL")
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(String(20))
    # The slugs of their groups, separated by "|".
    groups: Mapped[str | None] = mapped_column(Text)
    joined_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    sponsor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answer: Mapped[str | None] = mapped_column(String(20))
    answered_at: Mapped[datetime | None]
    # None with an answer: nobody answered in time.
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # What a change made of it.
    role_after: Mapped[str | None] = mapped_column(String(20))
    ends_after: Mapped[datetime | None]

    membership: Mapped[Membership | None] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    sponsor: Mapped[User | None] = relationship(foreign_keys=[sponsor_id])
    invited_by: Mapped[User | None] = relationship(foreign_keys=[invited_by_id])
    answered_by: Mapped[User | None] = relationship(foreign_keys=[answered_by_id])
