"""A user in an organization."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    or_,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp import clock
from webapp.column_types import BigId
from webapp.db import Model
from webapp.models.group import Group
from webapp.models.organization import Organization
from webapp.models.user import User

# Members whose end the sweep has yet to record, word for word as in its query.
ENDING = "ends_at IS NOT NULL AND ended_at IS NULL"


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
        # What the composite foreign keys of other tables refer to.
        Index("one_member_of_an_organization", "organization_id", "id", unique=True),
        Index(
            "ix_memberships_ending",
            "ends_at",
            sqlite_where=text(ENDING),
            postgresql_where=text(ENDING),
        ),
        # Admins are few, and each list of invitations names them.
        Index("ix_memberships_role", "organization_id", "role"),
        Index("ix_memberships_ends", "organization_id", "ends_at", "id"),
        Index("ix_memberships_sponsor", "organization_id", "sponsor_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default="active")
    joined_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    # When access ends; None: no end. From then on nothing is allowed, whether the sweep ran or not.
    ends_at: Mapped[datetime | None]
    # When the sweep recorded the end, and ended sessions and keys; None again with a new end.
    ended_at: Mapped[datetime | None]
    # How many days before the end the member and the sponsor were mailed last; None: not yet.
    warned_days: Mapped[int | None]
    # Who answers for the member, and hears of their end: the inviter, unless somebody else does.
    sponsor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    organization: Mapped[Organization] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    sponsor: Mapped[User | None] = relationship(foreign_keys=[sponsor_id])
    groups: Mapped[list[Group]] = relationship(
        secondary="group_members", order_by=Group.id, viewonly=True
    )

    @hybrid_property
    def is_active(self) -> bool:
        """Whether nobody has deactivated the member; whether they may do anything: `has_access`."""
        return self.status == "active"

    @hybrid_property
    def has_access(self) -> bool:
        """Whether the member may enter now: active, and before their end, to the second."""
        return self.is_active and (self.ends_at is None or self.ends_at > clock.now())

    @has_access.inplace.expression
    @classmethod
    def _has_access(cls) -> ColumnElement[bool]:
        # Asked for when the statement runs: statements are built once.
        now = bindparam("has_access_now", callable_=clock.now, unique=True, type_=cls.ends_at.type)
        return and_(cls.status == "active", or_(cls.ends_at.is_(None), cls.ends_at > now))

    @property
    def access_status(self) -> str:
        """The status, or `ended` once the end has come, as everyone sees it."""
        return "ended" if self.is_active and not self.has_access else self.status

    @hybrid_property
    def is_active_admin(self) -> bool:
        """Whether the member is an admin with access: links that they sent work (rule 9)."""
        return self.has_access and self.role == Role.ADMIN

    @is_active_admin.inplace.expression
    @classmethod
    def _is_active_admin(cls) -> ColumnElement[bool]:
        return and_(cls.has_access, cls.role == Role.ADMIN)
