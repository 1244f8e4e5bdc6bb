"""An offer to one email address to join one organization in one role."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import BigId, Model
from webapp.models.organization import Organization
from webapp.models.user import User


class InvitationState(StrEnum):
    """`pending`, then exactly one of the others."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    REVOKED = "revoked"
    DECLINED = "declined"


class Invitation(Model):
    """An invitation and the secret of its current link."""

    __tablename__ = "user_invitations"
    __table_args__ = (
        CheckConstraint("role IN ('admin', 'manager', 'contributor')", name="role"),
        CheckConstraint(
            "state IN ('pending', 'accepted', 'expired', 'revoked', 'declined')", name="state"
        ),
        Index(
            "one_open_invitation",
            "organization_id",
            "email_key",
            unique=True,
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_user_invitations_page", "organization_id", "id"),
        Index("ix_user_invitations_state_page", "organization_id", "state", "id"),
        Index(
            "ix_user_invitations_due",
            "expires_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(String(20))
    name: Mapped[str | None] = mapped_column(String(100))
    message: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), default=InvitationState.PENDING)
    # Nobody stands here for the operator, who invites from the command line.
    inviter_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    expiry_days: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    # The current link: its 32 random bytes, and how many links there have been.
    secret: Mapped[bytes] = mapped_column(LargeBinary(32))
    link_number: Mapped[int] = mapped_column(default=1)
    # Digests of earlier links' secrets: tells a superseded link from a forged one.
    earlier_links: Mapped[str] = mapped_column(Text, default="")
    resent_at: Mapped[datetime | None]
    renewed_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decline_reason: Mapped[str | None] = mapped_column(Text)
    # The newest delivery's state, repeated here for the table.
    delivery_state: Mapped[str | None] = mapped_column(String(20))

    organization: Mapped[Organization] = relationship()
    inviter: Mapped[User | None] = relationship(foreign_keys=[inviter_id])

    def is_expired(self, now: datetime) -> bool:
        """Whether the link has run out, to the second, swept or not."""
        if self.state == InvitationState.PENDING:
            return self.expires_at <= now
        return self.state == InvitationState.EXPIRED

    def is_open(self, now: datetime) -> bool:
        """Whether the current link can still be accepted."""
        return self.state == InvitationState.PENDING and now < self.expires_at

    def status(self, now: datetime) -> str:
        """The state as everyone sees it: a pending invitation past its end is expired."""
        return InvitationState.EXPIRED.value if self.is_expired(now) else self.state

    def can_resend(self) -> bool:
        """Whether a new link may replace the current one."""
        return self.state in (InvitationState.PENDING, InvitationState.EXPIRED)
