"""Mails to one person each, and their outcome."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model

# The conditions of the partial indexes below, word for word as in the queries that use them: a
# database matches such an index by its text, not by the values of parameters.
WAITING = "state IN ('queued', 'sending')"
SENDING = "state = 'sending'"
FAILING = "state = 'queued' AND attempts > 0"
REFUSED_US = "blame = 'sender'"
TROUBLE = "state IN ('failed', 'unknown', 'bounced')"


class DeliveryState(StrEnum):
    """`queued`, `sending`, then one of the others: docs/mail.md#what-becomes-of-a-mail."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"


class Delivery(Model):
    """A row of the outbox. The letter is composed when it is sent, so no link is stored here."""

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
            "id",
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
        Index(
            "ix_deliveries_sending",
            "due_at",
            sqlite_where=text(SENDING),
            postgresql_where=text(SENDING),
        ),
        Index(
            "ix_deliveries_failing",
            "organization_id",
            "id",
            sqlite_where=text(FAILING),
            postgresql_where=text(FAILING),
        ),
        Index(
            "ix_deliveries_trouble",
            "organization_id",
            "state",
            "id",
            sqlite_where=text(TROUBLE),
            postgresql_where=text(TROUBLE),
        ),
        Index(
            "ix_deliveries_refused_us",
            "settled_at",
            sqlite_where=text(REFUSED_US),
            postgresql_where=text(REFUSED_US),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # None: the mail is about an account, whatever organizations it belongs to.
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("user_invitations.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(20))
    recipient: Mapped[str] = mapped_column(String(254))
    # Which link of the invitation the mail carries; a newer link makes the mail pointless.
    link_number: Mapped[int | None]
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    state: Mapped[str] = mapped_column(String(20), default=DeliveryState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    # When the retries began; they end after a day.
    tried_since: Mapped[datetime]
    # When it is due next; while it is being sent, when the lease runs out.
    due_at: Mapped[datetime]
    lease: Mapped[str | None] = mapped_column(String(32))
    settled_at: Mapped[datetime | None]
    words: Mapped[str | None] = mapped_column(String(500))
    # Why it came back or was given up, as deliverability/faults.py has it; and the server's code.
    blame: Mapped[str | None] = mapped_column(String(20))
    cause: Mapped[str | None] = mapped_column(String(20))
    code: Mapped[str | None] = mapped_column(String(12))
    # Who runs the server that refused it, if that is one of the large providers.
    receiver: Mapped[str | None] = mapped_column(String(40))
    # When something came to its return path that nobody understood.
    came_back_at: Mapped[datetime | None]


class DeliveryAttempt(Model):
    """One attempt to send a mail, and the mail server's reply."""

    __tablename__ = "delivery_attempts"
    __table_args__ = (
        UniqueConstraint("delivery_id", "number", name="one_attempt_of_a_number"),
        Index("ix_delivery_attempts_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"))
    # Counts from 1 over all attempts; `Delivery.attempts` starts again when an admin retries.
    number: Mapped[int]
    at: Mapped[datetime]
    # A Result of webapp/smtp.py, or `broken`: it could not be handed to the mail server.
    result: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(String(500))


class MailHold(Model):
    """The one row that holds the whole queue while the mail server refuses our sign-in."""

    __tablename__ = "mail_holds"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime]
    until: Mapped[datetime]
    words: Mapped[str] = mapped_column(String(500))
