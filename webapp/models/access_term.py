"""How long access lasts in an organization, by role."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Model


class AccessTerm(Model):
    """The usual and the longest term of one role, in days; None: no end, no limit."""

    __tablename__ = "access_terms"
    __table_args__ = (
        CheckConstraint("default_days BETWEEN 1 AND 3650", name="default_days"),
        CheckConstraint("longest_days BETWEEN 1 AND 3650", name="longest_days"),
    )

    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organizations.id"), primary_key=True, autoincrement=False
    )
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    default_days: Mapped[int | None]
    longest_days: Mapped[int | None]
