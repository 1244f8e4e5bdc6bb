"""One browser's visit to an application behind a proxy."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model
from webapp.models.application import of_application


class Visit(Model):
    """A visit, or the code that may become one; it is worth nothing once its session has ended."""

    __tablename__ = "visits"
    __table_args__ = (
        of_application("visits"),
        Index("ix_visits_application", "organization_id", "application_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(BigId)
    application_id: Mapped[int] = mapped_column(BigId)
    session_id: Mapped[int] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    # The SHA-256 of the code and then, once it was used, of what the visit's cookie holds.
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    # The SHA-256 of what the browser got on the application's host before it came to us.
    state_digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    entered_at: Mapped[datetime | None]
    # When the code can no longer be used, or when the visit ends.
    ends_at: Mapped[datetime] = mapped_column(index=True)
