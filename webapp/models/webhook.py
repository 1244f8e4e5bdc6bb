"""Addresses that hear of an organization's events, and what was sent to each."""

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

# What the partial index holds, word for word as the queries that use it say it.
WAITING = "webhook_deliveries.state = 'waiting'"


class WebhookState(StrEnum):
    """`on`; `off` by an admin; `stopped` by us, because it kept failing."""

    ON = "on"
    OFF = "off"
    STOPPED = "stopped"


class WebhookEndpoint(Model):
    """An https address, what it wants to hear of, and how it fares."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        CheckConstraint("state IN ('on', 'off', 'stopped')", name="state"),
        Index("ix_webhook_endpoints_organization", "organization_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    url: Mapped[str] = mapped_column(String(500))
    name: Mapped[str | None] = mapped_column(String(100))
    # The names of events; None: all of them, those of later versions, too.
    events: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    state: Mapped[str] = mapped_column(String(20), default=WebhookState.ON)
    # Sealed. The one before signs as well, until then.
    secret: Mapped[str] = mapped_column(String(300))
    old_secret: Mapped[str | None] = mapped_column(String(300))
    old_secret_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_success_at: Mapped[datetime | None]
    last_failure_at: Mapped[datetime | None]
    # Tries in a row without a success, and since when.
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    # When it may be served next; while a worker serves it, when that one's lease runs out.
    due_at: Mapped[datetime]
    lease: Mapped[str | None] = mapped_column(String(32))
    # Since when it has had no turn: whoever waits longest comes first.
    served_at: Mapped[datetime]

    organization: Mapped[Organization] = relationship()

    @property
    def is_on(self) -> bool:
        """Whether it hears of new events."""
        return self.state == WebhookState.ON

    @property
    def host(self) -> str:
        """Scheme and host: what may be written down elsewhere, as paths can hold secrets."""
        return "/".join(self.url.split("/")[:3])


class WebhookDelivery(Model):
    """One event on its way to one address. Its body is made of the event when it is sent."""

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
    # The same at every try: by this the other side knows what it has had.
    message_id: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    # Since it was made, or replayed; the numbers of the tries go on.
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()


class WebhookAttempt(Model):
    """One try: where to, when, and what came back."""

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
    # None: nothing came back, and `words` says why.
    status: Mapped[int | None]
    words: Mapped[str] = mapped_column(String(300))
    # The beginning of the answer's body.
    answer: Mapped[str] = mapped_column(Text)
    milliseconds: Mapped[int]
