"""What inviters are told of the people they invited."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model

# What is still to be told, word for word as in the query that uses the index.
UNTOLD = "delivery_id IS NULL"


class NoticeOutcome(StrEnum):
    """What became of an invitation, or `list`: of everybody on a long list."""

    JOINED = "joined"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    LIST = "list"


class InviterNotice(Model):
    """One thing to tell an inviter; kept until a week after it was told."""

    __tablename__ = "inviter_notices"
    __table_args__ = (
        CheckConstraint("outcome IN ('joined', 'declined', 'unreachable', 'list')", name="outcome"),
        UniqueConstraint("invitation_id", "outcome", "link_number", name="one_notice_of_a_link"),
        UniqueConstraint("import_id", name="one_notice_of_a_list"),
        Index(
            "ix_inviter_notices_due",
            "due_at",
            sqlite_where=text(UNTOLD),
            postgresql_where=text(UNTOLD),
        ),
        Index("ix_inviter_notices_user", "user_id", "organization_id", "due_at"),
        Index("ix_inviter_notices_delivery", "delivery_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    # Whom to tell: the inviter at that moment.
    # Without a foreign key, whose check would wait for whoever changes that account.
    user_id: Mapped[int] = mapped_column(BigId)
    outcome: Mapped[str] = mapped_column(String(20))
    # One of the two: `list` is about an import.
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("user_invitations.id"))
    link_number: Mapped[int | None]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("bulk_imports.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    # When it is to be told. Later than `at`: in a summary; for a list, when to look at it again.
    due_at: Mapped[datetime]
    # The mail that tells it.
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"))
