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
from sqlalchemy.schema import SchemaItem

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


def within_organization(table: str, noun: str, parent: str) -> tuple[SchemaItem, ...]:
    """What a table needs that has groups of the parent's rows: both of one organization.

    And an index to find the groups of a row; the primary key finds the rows of a group.
    """
    return (
        *(
            ForeignKeyConstraint(
                ["organization_id", f"{name}_id"],
                [f"{of}.organization_id", f"{of}.id"],
                name=f"fk_{table}_{name}",
                ondelete="CASCADE",
            )
            for name, of in (("group", "groups"), (noun, parent))
        ),
        Index(f"ix_{table}_{noun}", f"{noun}_id", "group_id"),
    )


class GroupMember(Model):
    """A member in a group; the database refuses a group of another organization."""

    __tablename__ = "group_members"
    __table_args__ = within_organization("group_members", "membership", "memberships")

    group_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    membership_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    organization_id: Mapped[int] = mapped_column(BigId)
    added_at: Mapped[datetime]


class InvitationGroup(Model):
    """A group that somebody will be in once they join, of the invitation's own organization."""

    __tablename__ = "invitation_groups"
    __table_args__ = within_organization("invitation_groups", "invitation", "user_invitations")

    group_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    invitation_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    organization_id: Mapped[int] = mapped_column(BigId)
