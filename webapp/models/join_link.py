"""Join links: one address for many people, each of whom is mailed an invitation of their own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.column_types import BigId
from webapp.db import Model
from webapp.models.group import Group, within_organization
from webapp.models.invitation import Invitation
from webapp.models.organization import Organization
from webapp.models.user import User

BY_LINK = text("join_link_id IS NOT NULL")


class JoinLink(Model):
    """A link, and what the invitations offer that are made by it."""

    __tablename__ = "join_links"
    __table_args__ = (
        CheckConstraint("role IN ('manager', 'contributor')", name="role"),
        CheckConstraint("most_uses BETWEEN 1 AND 500", name="most_uses"),
        CheckConstraint("access_days BETWEEN 1 AND 3650", name="access_days"),
        # What the composite foreign keys below refer to; and the list of an organization's links.
        Index("one_join_link_of_an_organization", "organization_id", "id", unique=True),
        Index("ix_join_links_author", "organization_id", "author_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    # Its invitations are in their name. It stops working when they may not invite any more.
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    label: Mapped[str] = mapped_column(String(100))
    # The code encrypted, to be shown again, and its digest, to find it by.
    code_secret: Mapped[str] = mapped_column(String(300))
    code_digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    # As in an organization: only addresses there may ask; None: any.
    allowed_domains: Mapped[str | None] = mapped_column(String(2000))
    most_uses: Mapped[int]
    expires_at: Mapped[datetime]
    # How many days new members have access, from joining; None: as usual for the role.
    access_days: Mapped[int | None]
    # Whether an admin approves each person: then it makes requests instead of invitations.
    approval: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    organization: Mapped[Organization] = relationship()
    author: Mapped[User] = relationship()
    # Deleted groups are left out, though their rows stay.
    groups: Mapped[list[Group]] = relationship(
        secondary="join_link_groups",
        secondaryjoin="and_(JoinLinkGroup.group_id == Group.id, Group.deleted_at.is_(None))",
        order_by=Group.id,
        viewonly=True,
    )

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains whose addresses may ask; empty means any."""
        return tuple((self.allowed_domains or "").split())


class JoinLinkGroup(Model):
    """A group that the invitations of a link carry, of the link's own organization."""

    __tablename__ = "join_link_groups"
    __table_args__ = within_organization("join_link_groups", "link", "join_links")

    group_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    link_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    organization_id: Mapped[int] = mapped_column(BigId)


class JoinAsk(Model):
    """An address typed at a link, until it is answered; it takes up one of the link's places."""

    __tablename__ = "join_asks"
    __table_args__ = (
        UniqueConstraint("link_id", "email_key", name="one_ask_of_an_address"),
        ForeignKeyConstraint(
            ["organization_id", "link_id"],
            ["join_links.organization_id", "join_links.id"],
            name="fk_join_asks_link",
            ondelete="CASCADE",
        ),
        Index("ix_join_asks_due", "due_at", "id"),
        Index("ix_join_asks_email_key", "email_key"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(BigId)
    link_id: Mapped[int] = mapped_column(BigId)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(320))
    created_at: Mapped[datetime]
    # Later than `created_at` when answering broke and is tried again.
    due_at: Mapped[datetime]


# Most invitations came by no link.
Index(
    "ix_user_invitations_join_link",
    Invitation.join_link_id,
    Invitation.id,
    sqlite_where=BY_LINK,
    postgresql_where=BY_LINK,
)
