"""Webhooks of an organization, and what was sent to each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.column_types import BigId
from webapp.db import Model
from webapp.models.event import Event
from webapp.models.organization import Organization

# The partial index's condition, word for word as in the queries that use it.
WAITING = "webhook_deliveries.state = 'waiting'"


class WebhookState(StrEnum):
    """`on`; `off` by an admin; `stopped` by Gatehouse because it kept failing."""

    ON = "on"
    OFF = "off"
    STOPPED = "stopped"


class WebhookEndpoint(Model):
    """An https address, the events that it receives, and its recent outcome."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        CheckConstraint("state IN ('on', 'off', 'stopped')", name="state"),
        Index("ix_webhook_endpoints_organization", "organization_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    url: Mapped[str] = mapped_column(String(500))
    name: Mapped[str | None] = mapped_column(String(100))
    # The names of events; None: all of them, including those of later versions.
    events: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    state: Mapped[str] = mapped_column(String(20), default=WebhookState.ON)
    # Encrypted. Until `old_secret_until` the old one signs as well.
    secret: Mapped[str] = mapped_column(String(300))
    old_secret: Mapped[str | None] = mapped_column(String(300))
    old_secret_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_success_at: Mapped[datetime | None]
    last_failure_at: Mapped[datetime | None]
    # Failures in a row, and since when.
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    # When it is due next; while a worker holds it, when the lease runs out.
    due_at: Mapped[datetime]
    lease: Mapped[str | None] = mapped_column(String(32))
    # When it last had its turn: the one that has waited longest comes first.
    served_at: Mapped[datetime]

    organization: Mapped[Organization] = relationship()

    @property
    def is_on(self) -> bool:
        """Whether new events are sent to it."""
        return self.state == WebhookState.ON

    @property
    def host(self) -> str:
        """Scheme and host: only these may be recorded elsewhere, as paths can hold secrets."""
        return "/".join(self.url.split("/")[:3])


class WebhookDelivery(Model):
    """One event to be sent to one address. Its body is built from the event when it is sent."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'delivered', 'failed')", name="state"),
        Index("ix_webhook_deliveries_page", "endpoint_id", "id"),
        Index("ix_webhook_deliveries_created", "created_at"),
        Index(
            "ix_webhook_deliveries_waiting",
            "endpoint_id",
            "due_at",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    # The same at every attempt, so that the receiver recognizes repeats.
    message_id: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    # Counts since it was created or replayed; the attempts' numbers continue.
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()


class WebhookAttempt(Model):
    """One attempt: when, where to, and what came back."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (
        UniqueConstraint("delivery_id", "number", name="one_webhook_attempt_of_a_number"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("webhook_deliveries.id", ondelete="CASCADE")
    )
    number: Mapped[int]
    at: Mapped[datetime]
    url: Mapped[str] = mapped_column(String(500))
    # None: no answer; `words` says why.
    status: Mapped[int | None]
    words: Mapped[str] = mapped_column(String(300))
    # The beginning of the answer's body.
    answer: Mapped[str] = mapped_column(Text)
    milliseconds: Mapped[int]
