"""One email to one person, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import BigId, Model

WAITING = "state IN ('queued', 'sending')"


class DeliveryState(StrEnum):
    """`queued`, `sending`, then one of the others; see docs/architecture.md."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"


class Delivery(Model):
    """A row of the outbox. The text of the mail is made when it is sent, so no link lies here."""

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'unknown', 'failed', 'bounced', 'suppressed')",
            name="state",
        ),
        Index("ix_deliveries_invitation", "invitation_id", "id"),
        Index(
            "ix_deliveries_waiting",
            "organization_id",
            "due_at",
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # None: the mail concerns an account, wherever it is a member.
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("user_invitations.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(20))
    recipient: Mapped[str] = mapped_column(String(254))
    # Which link of the invitation this mail carries: a later one makes the mail pointless.
    link_number: Mapped[int | None]
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    state: Mapped[str] = mapped_column(String(20), default=DeliveryState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    # Since when it is being tried: a day of trying is enough.
    tried_since: Mapped[datetime]
    # When it may be tried next; while it is being sent, when the sender's lease runs out.
    due_at: Mapped[datetime]
    lease: Mapped[str | None] = mapped_column(String(32))
    settled_at: Mapped[datetime | None]
    words: Mapped[str | None] = mapped_column(String(500))


class MailHold(Model):
    """The one row that holds the whole queue while the mail server refuses our sign-in."""

    __tablename__ = "mail_holds"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime]
    until: Mapped[datetime]
    words: Mapped[str] = mapped_column(String(500))
