"""One line of the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import BigId, Model


class Event(Model):
    """What happened, when, by whom, and to whom. Only ever added to."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_trail", "organization_id", "id"),
        Index("ix_events_invitation", "invitation_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    name: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    # 'user' (then actor_id says which), 'operator', 'invitee' or 'system'.
    actor: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("user_invitations.id"))
    request_id: Mapped[str] = mapped_column(String(60))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
