"""An offer to one email address to join one organization in one role."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

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
from webapp.models.membership import Role
from webapp.models.organization import Organization
from webapp.models.user import User

# What the index of those that run out next holds, word for word as the sweep says it.
PENDING = "state = 'pending'"
# Who could be reminded: word for word as the query says it, or the index is not found.
REMINDABLE = "state = 'pending' AND reminded_at IS NULL AND delivery_state IN ('sent', 'unknown')"

# Which ended ones still say who was invited: word for word as the sweep says it.
NAMED = "ended_at IS NOT NULL AND words IS NOT NULL"


class InvitationState(StrEnum):
    """`pending`, then exactly one of the others."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    REVOKED = "revoked"
    DECLINED = "declined"


# Mails that did not arrive are few, and somebody looks for them: they have indexes of their own.
UNDELIVERED = "delivery_state <> 'sent'"


def words_of(columns: Mapping[str, Any]) -> str:
    """All that an invitation is found by: the address, as typed and in its one form, and name."""
    found = [columns["email"], columns["email_key"], columns.get("name") or ""]
    return " ".join(dict.fromkeys(word.casefold() for word in found if word))


class HasState:
    """What an invitation's state means at a moment."""

    __slots__ = ()

    if TYPE_CHECKING:
        email: Mapped[str] | str
        state: Mapped[str] | str
        expires_at: Mapped[datetime] | datetime

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
        is_open = self.state in (InvitationState.PENDING, InvitationState.EXPIRED)
        return is_open and not self.is_erased

    @property
    def is_erased(self) -> bool:
        """Whether a pseudonym stands in place of the address: nobody can be mailed at it."""
        return "@" not in self.email


class Invitation(HasState, Model):
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
        # One for each order of the table, with and without a state; and for what is rare in it.
        Index("ix_user_invitations_email", "organization_id", "email_key", "id"),
        Index("ix_user_invitations_state_email", "organization_id", "state", "email_key", "id"),
        Index("ix_user_invitations_expires", "organization_id", "expires_at", "id"),
        Index("ix_user_invitations_state_expires", "organization_id", "state", "expires_at", "id"),
        *(
            Index(
                f"ix_user_invitations_delivery_{'_'.join(columns)}",
                "organization_id",
                "delivery_state",
                *columns,
                sqlite_where=text(UNDELIVERED),
                postgresql_where=text(UNDELIVERED),
            )
            for columns in (["id"], ["email_key", "id"], ["expires_at", "id"])
        ),
        Index("ix_user_invitations_inviter", "organization_id", "inviter_id", "id"),
        Index("ix_user_invitations_page", "organization_id", "id"),
        Index("ix_user_invitations_created", "organization_id", "created_at"),
        Index("ix_user_invitations_state_page", "organization_id", "state", "id"),
        Index(
            "ix_user_invitations_due",
            "expires_at",
            sqlite_where=text(PENDING),
            postgresql_where=text(PENDING),
        ),
        Index(
            "ix_user_invitations_named",
            "organization_id",
            "ended_at",
            sqlite_where=text(NAMED),
            postgresql_where=text(NAMED),
        ),
        Index(
            "ix_user_invitations_remindable",
            "organization_id",
            "expires_at",
            sqlite_where=text(REMINDABLE),
            postgresql_where=text(REMINDABLE),
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
    # When a reminder of the current link was queued; a new link may be reminded of once more.
    reminded_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decline_reason: Mapped[str | None] = mapped_column(Text)
    # The newest delivery's state, repeated here for the table.
    delivery_state: Mapped[str | None] = mapped_column(String(20))
    # What the search looks through, without regard to case; the database copies it to its index.
    # Nothing once the address was erased.
    words: Mapped[str | None] = mapped_column(
        Text, default=lambda context: words_of(context.get_current_parameters())
    )

    organization: Mapped[Organization] = relationship()
    inviter: Mapped[User | None] = relationship(foreign_keys=[inviter_id])

    @property
    def is_understood(self) -> bool:
        """Whether its state and role are ones that this version knows."""
        return self.state in set(InvitationState) and self.role in set(Role)
