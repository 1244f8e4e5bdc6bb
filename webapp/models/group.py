"""Groups: named sets of an organization's members, and who will be in them on joining."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model

# Deleted groups stay, so that open invitations can say which of their groups is gone; their slug
# is free again.
KEPT = "deleted_at IS NULL"


class Group(Model):
    """A group of one organization; programs know it by its slug, which never changes."""

    __tablename__ = "groups"
    __table_args__ = (
        # What the composite foreign keys below refer to.
        Index("one_group_of_an_organization", "organization_id", "id", unique=True),
        Index(
            "one_group_slug",
            "organization_id",
            "slug",
            unique=True,
            sqlite_where=text(KEPT),
            postgresql_where=text(KEPT),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    slug: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None] = mapped_column(Text)
    # Whether new invitations carry it unless the admin chooses otherwise.
    is_default: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    @hybrid_property
    def is_kept(self) -> bool:
        """Whether nobody has deleted it."""
        return self.deleted_at is None

    @is_kept.inplace.expression
    @classmethod
    def _is_kept(cls) -> ColumnElement[bool]:
        return cls.deleted_at.is_(None)


class GroupMember(Model):
    """A member in a group; the database refuses a group of another organization."""

    __tablename__ = "group_members"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "group_id"],
            ["groups.organization_id", "groups.id"],
            name="fk_group_members_group",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["organization_id", "membership_id"],
            ["memberships.organization_id", "memberships.id"],
            name="fk_group_members_membership",
            ondelete="CASCADE",
        ),
        Index("ix_group_members_membership", "membership_id", "group_id"),
    )

    group_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    membership_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    organization_id: Mapped[int] = mapped_column(BigId)
    added_at: Mapped[datetime]


class InvitationGroup(Model):
    """A group that somebody will be in once they join, of the invitation's own organization."""

    __tablename__ = "invitation_groups"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "group_id"],
            ["groups.organization_id", "groups.id"],
            name="fk_invitation_groups_group",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["organization_id", "invitation_id"],
            ["user_invitations.organization_id", "user_invitations.id"],
            name="fk_invitation_groups_invitation",
            ondelete="CASCADE",
        ),
        Index("ix_invitation_groups_invitation", "invitation_id", "group_id"),
    )

    group_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    invitation_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    organization_id: Mapped[int] = mapped_column(BigId)
