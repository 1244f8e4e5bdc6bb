"""How many invitations an organization has, by state and by what became of their mails."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model


class InvitationCount(Model):
    """Changes to be summed; database triggers write one with every change of an invitation."""

    __tablename__ = "invitation_counts"
    __table_args__ = (
        Index("ix_invitation_counts_key", "organization_id", "state", "delivery_state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    state: Mapped[str] = mapped_column(String(20))
    delivery_state: Mapped[str] = mapped_column(String(20))  # "" for not mailed
    n: Mapped[int] = mapped_column(BigId)
