"""Addresses that an organization may not mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model


class Suppression(Model):
    """An address that this organization's admins can no longer mail, and the reason."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("organization_id", "email_key", name="one_suppression"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(320))
    reason: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
