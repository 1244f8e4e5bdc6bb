"""Organizations: the tenants."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    String,
    column,
    exists,
    false,
    table,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, column_property, mapped_column

from webapp.column_types import BigId
from webapp.db import Model

_WEBHOOKS = table("webhook_endpoints", column("organization_id"))


class Organization(Model):
    """A tenant, named in addresses by its slug."""

    __tablename__ = "organizations"
    __table_args__ = (
        CheckConstraint("expiry_days BETWEEN 1 AND 30", name="expiry_days"),
        CheckConstraint("retention_days IN (30, 90, 180, 365)", name="retention_days"),
        CheckConstraint("reminder_hours IN (12, 24, 48, 72)", name="reminder_hours"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    # Of the door above its pages and of the buttons in its mail: domain/organizations/colors.
    color: Mapped[str] = mapped_column(String(10), default="green", server_default="green")
    created_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]
    expiry_days: Mapped[int | None]
    requires_second_factor: Mapped[bool] = mapped_column(default=False)
    allowed_domains: Mapped[str | None] = mapped_column(String(2000))
    # For how many days after its end an invitation says who was invited; None: for ever.
    retention_days: Mapped[int | None]
    # The key of the pseudonyms for erased addresses, encrypted; created with the first of them.
    erasure_key: Mapped[str | None] = mapped_column(String(300))
    # Whether invited people are reminded before their link expires, and how many hours before.
    reminders: Mapped[bool] = mapped_column(default=True)
    reminder_hours: Mapped[int] = mapped_column(default=24)
    # Whether replies to an invitation's mail go to the inviter.
    reply_to_inviter: Mapped[bool] = mapped_column(default=False)
    # Which language invited people are written to in, a BCP 47 tag; None: English in mail, and on
    # pages what their browser asks for.
    language: Mapped[str | None] = mapped_column(String(8))
    # In which days begin and end here: a name of the IANA time zone database.
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC", server_default="UTC")
    # Every how many days an access review begins; None: when an admin starts one. And when next.
    review_days: Mapped[int | None]
    review_due_at: Mapped[datetime | None]
    # What becomes of members about whom nobody answered: `keep` or `end`.
    review_silence: Mapped[str] = mapped_column(String(10), default="keep", server_default="keep")
    # Who may propose people, and how many a month: `nobody`, `managers` or `everybody`.
    proposers: Mapped[str] = mapped_column(
        String(10), default="everybody", server_default="everybody"
    )
    proposals_per_month: Mapped[int] = mapped_column(default=10, server_default="10")
    # Whether strangers may ask to join, at /ask/<slug>.
    takes_asks: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Whether an admin is invited only when a second one agrees.
    needs_second_admin: Mapped[bool] = mapped_column(default=False, server_default=false())
    # When admins were last told of new requests: at most once an hour.
    requests_told_at: Mapped[datetime | None]
    # Loaded with the row, so that organizations without webhooks need no query for each event.
    has_webhooks: Mapped[bool] = column_property(
        exists().where(_WEBHOOKS.c.organization_id == id).correlate_except(_WEBHOOKS)
    )

    @hybrid_property
    def is_active(self) -> bool:
        return self.suspended_at is None

    @is_active.inplace.expression
    @classmethod
    def _is_active(cls) -> ColumnElement[bool]:
        return cls.suspended_at.is_(None)

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains that may be invited here; empty means any."""
        return tuple((self.allowed_domains or "").split())
