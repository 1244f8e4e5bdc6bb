"""An offer to one email address to join one organization in one role."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    and_,
    bindparam,
    exists,
    or_,
    select,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.column_types import BigId
from webapp.db import Model, rows
from webapp.models.group import Group
from webapp.models.invitation_state import HasState, InvitationState
from webapp.models.invitation_words import words_of
from webapp.models.membership import Membership, Role
from webapp.models.organization import Organization
from webapp.models.user import User

# The condition of the index by expiry, word for word as in the sweep.
PENDING = "state = 'pending'"
# Invitations that could be reminded of, word for word as in the query: else the index is not used.
REMINDABLE = "state = 'pending' AND reminded_at IS NULL AND delivery_state IN ('sent', 'unknown')"

# Ended invitations that still say who was invited, word for word as in the sweep.
NAMED = "ended_at IS NOT NULL AND words IS NOT NULL"

# Undelivered mails are few, and admins look for them: they have indexes of their own.
UNDELIVERED = "delivery_state <> 'sent'"

_ADMIN = select(Membership.id).where(
    Membership.organization_id == bindparam("organization"),
    Membership.user_id == bindparam("user"),
    Membership.is_active_admin,
)
_ADMIN_HELD = _ADMIN.with_for_update(read=True)


class Invitation(HasState, Model):
    """An invitation and the secret of its current link."""

    __tablename__ = "user_invitations"
    __table_args__ = (
        CheckConstraint("role IN ('admin', 'manager', 'contributor')", name="role"),
        CheckConstraint(
            "state IN ('pending', 'accepted', 'expired', 'revoked', 'declined')", name="state"
        ),
        Index(
            "one_open_invitation",
            "organization_id",
            "email_key",
            unique=True,
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        # One for each sort order, with and without a state; and for rare filters.
        Index("ix_user_invitations_email", "organization_id", "email_key", "id"),
        Index("ix_user_invitations_state_email", "organization_id", "state", "email_key", "id"),
        Index("ix_user_invitations_expires", "organization_id", "expires_at", "id"),
        Index("ix_user_invitations_state_expires", "organization_id", "state", "expires_at", "id"),
        *(
            Index(
                f"ix_user_invitations_delivery_{'_'.join(columns)}",
                "organization_id",
                "delivery_state",
                *columns,
                sqlite_where=text(UNDELIVERED),
                postgresql_where=text(UNDELIVERED),
            )
            for columns in (["id"], ["email_key", "id"], ["expires_at", "id"])
        ),
        Index("ix_user_invitations_inviter", "organization_id", "inviter_id", "id"),
        # Unique for the composite foreign keys that refer to it.
        Index("ix_user_invitations_page", "organization_id", "id", unique=True),
        Index("ix_user_invitations_created", "organization_id", "created_at"),
        Index("ix_user_invitations_state_page", "organization_id", "state", "id"),
        Index(
            "ix_user_invitations_due",
            "expires_at",
            sqlite_where=text(PENDING),
            postgresql_where=text(PENDING),
        ),
        Index(
            "ix_user_invitations_named",
            "organization_id",
            "ended_at",
            sqlite_where=text(NAMED),
            postgresql_where=text(NAMED),
        ),
        Index(
            "ix_user_invitations_remindable",
            "organization_id",
            "expires_at",
            sqlite_where=text(REMINDABLE),
            postgresql_where=text(REMINDABLE),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(String(20))
    name: Mapped[str | None] = mapped_column(String(100))
    message: Mapped[str | None] = mapped_column(Text)
    # The language the invitee is written to in, a BCP 47 tag; None: the organization's.
    language: Mapped[str | None] = mapped_column(String(8))
    # When the new member's access ends: at a moment, or so many days after joining; None: no end.
    access_until: Mapped[datetime | None]
    access_days: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(20), default=InvitationState.PENDING)
    # None: the operator, who invites from the command line.
    inviter_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # The join link that it came by; its index is in models/join_link.py.
    join_link_id: Mapped[int | None] = mapped_column(ForeignKey("join_links.id"))
    expiry_days: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    # The current link: its 32 random bytes, and its number.
    secret: Mapped[bytes] = mapped_column(LargeBinary(32))
    link_number: Mapped[int] = mapped_column(default=1)
    # Digests of earlier links' secrets, to tell a superseded link from a forged one.
    earlier_links: Mapped[str] = mapped_column(Text, default="")
    resent_at: Mapped[datetime | None]
    renewed_at: Mapped[datetime | None]
    # When a reminder of the current link was queued; a new link may be reminded of again.
    reminded_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decline_reason: Mapped[str | None] = mapped_column(Text)
    # The newest delivery's state, copied here for the table.
    delivery_state: Mapped[str | None] = mapped_column(String(20))
    # What the search looks through, case-folded; the database copies it to its index. None once
    # the address is erased.
    words: Mapped[str | None] = mapped_column(
        Text, default=lambda context: words_of(context.get_current_parameters())
    )

    organization: Mapped[Organization] = relationship()
    inviter: Mapped[User | None] = relationship(foreign_keys=[inviter_id])
    # Those that the new member will be in; deleted ones are left out, though their rows stay.
    groups: Mapped[list[Group]] = relationship(
        secondary="invitation_groups",
        secondaryjoin="and_(InvitationGroup.group_id == Group.id, Group.deleted_at.is_(None))",
        order_by=Group.id,
    )

    @property
    def is_understood(self) -> bool:
        """Whether this version knows its state and role."""
        return self.state in set(InvitationState) and self.role in set(Role)

    @hybrid_method
    def is_backed(self, hold: bool = False) -> bool:
        """Whether the inviter is an active admin or the operator (rule 9).

        With `hold` that stays true until the transaction ends.
        """
        if self.inviter_id is None:
            return True
        values = {"organization": self.organization_id, "user": self.inviter_id}
        return rows(_ADMIN_HELD if hold else _ADMIN, values).first() is not None

    @is_backed.inplace.expression  # type: ignore[attr-defined, untyped-decorator]
    @classmethod
    def _is_backed(cls, hold: bool = False) -> ColumnElement[bool]:
        by_an_admin = exists().where(
            Membership.organization_id == cls.organization_id,
            Membership.user_id == cls.inviter_id,
            Membership.is_active_admin,
        )
        return or_(cls.inviter_id.is_(None), by_an_admin)

    @hybrid_method
    def is_open(self, now: datetime, hold: bool = False) -> bool:
        """Whether the current link can be accepted; `hold` keeps the inviter from changing."""
        waits = self.is_pending(now) and self.is_understood and self.organization.is_active
        return waits and self.is_backed(hold)

    @is_open.inplace.expression  # type: ignore[attr-defined, untyped-decorator]
    @classmethod
    def _is_open(cls, now: datetime, hold: bool = False) -> ColumnElement[bool]:
        is_active = exists().where(Organization.id == cls.organization_id, Organization.is_active)
        is_understood = cls.role.in_(list(Role))  # `pending` is a known state
        return and_(cls.is_pending(now), is_understood, is_active, cls.is_backed())
