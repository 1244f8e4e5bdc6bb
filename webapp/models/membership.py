"""A user in an organization."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, UniqueConstraint, and_
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.column_types import BigId
from webapp.db import Model
from webapp.models.organization import Organization
from webapp.models.user import User


class Role(StrEnum):
    """The roles; domain/organizations/permissions.py says what each may do."""

    ADMIN = "admin"
    MANAGER = "manager"
    CONTRIBUTOR = "contributor"


class Membership(Model):
    """One user in one organization, in one role."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("organization_id", "user_id", name="one_membership"),
        CheckConstraint("role IN ('admin', 'manager', 'contributor')", name="role"),
        CheckConstraint("status IN ('active', 'deactivated')", name="status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default="active")
    joined_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]

    organization: Mapped[Organization] = relationship()
    user: Mapped[User] = relationship()

    @hybrid_property
    def is_active(self) -> bool:
        return self.status == "active"

    @hybrid_property
    def is_active_admin(self) -> bool:
        """Whether the member is an active admin: links that they sent work (rule 9)."""
        return self.is_active and self.role == Role.ADMIN

    @is_active_admin.inplace.expression
    @classmethod
    def _is_active_admin(cls) -> ColumnElement[bool]:
        return and_(cls.status == "active", cls.role == Role.ADMIN)
