"""Requests: somebody is to be invited or to stay, and an admin has yet to decide (rule R1)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, text
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.column_types import BigId
from webapp.db import Model
from webapp.models.join_link import JoinLink
from webapp.models.membership import Membership
from webapp.models.organization import Organization
from webapp.models.user import User

# The conditions of the partial indexes, word for word as in the queries that use them.
OPEN = "state = 'open'"
ASKED = "state = 'open' AND kind = 'ask'"
PROPOSED = "state = 'open' AND kind = 'proposal'"
STAYING = "state = 'open' AND kind = 'stay'"
UNRECORDED = "recorded_at IS NULL"
UNTOLD = "told_at IS NULL AND state = 'open'"
BY_LINK = "join_link_id IS NOT NULL AND state = 'open'"


class RequestKind(StrEnum):
    """A member proposes somebody, a stranger asks to join, a member asks to stay."""

    PROPOSAL = "proposal"
    ASK = "ask"
    STAY = "stay"


class RequestState(StrEnum):
    """`open`, then exactly one of the others."""

    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


class Request(Model):
    """A request about one address, until it is decided or lapses."""

    __tablename__ = "requests"
    __table_args__ = (
        CheckConstraint("kind IN ('proposal', 'ask', 'stay')", name="kind"),
        CheckConstraint(
            "state IN ('open', 'approved', 'declined', 'withdrawn', 'lapsed')", name="state"
        ),
        # A stranger's request blocks no member's: members' have an index of their own.
        _partial("one_open_ask", "organization_id", "email_key", where=ASKED, unique=True),
        _partial("one_open_proposal", "organization_id", "email_key", where=PROPOSED, unique=True),
        _partial("one_open_stay", "organization_id", "email_key", where=STAYING, unique=True),
        Index("ix_requests_page", "organization_id", "state", "id"),
        Index("ix_requests_address", "organization_id", "email_key", "id"),
        Index("ix_requests_email_key", "email_key"),
        Index("ix_requests_maker", "organization_id", "maker_id", "id"),
        Index("ix_requests_ended", "organization_id", "ended_at"),
        Index("ix_requests_membership", "membership_id"),
        _partial("ix_requests_unrecorded", "id", where=UNRECORDED),
        _partial("ix_requests_untold", "organization_id", where=UNTOLD),
        _partial("ix_requests_lapsing", "lapses_at", where=OPEN),
        _partial("ix_requests_join_link", "join_link_id", where=BY_LINK),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default=RequestState.OPEN)
    # Whom it is about: who asks, is proposed, or wants to stay.
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(320))
    name: Mapped[str | None] = mapped_column(String(100))
    # Why, in the words of the person who made it.
    reason: Mapped[str | None] = mapped_column(Text)
    # The role requested; the approver chooses.
    role: Mapped[str | None] = mapped_column(String(20))
    # What else an admin filled in whose invitation of an admin waits for another one's yes.
    offer: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # None: a stranger.
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # The member who asks to stay, or who is to become an admin; None once they have left.
    membership_id: Mapped[int | None] = mapped_column(
        ForeignKey("memberships.id", ondelete="SET NULL")
    )
    join_link_id: Mapped[int | None] = mapped_column(ForeignKey("join_links.id"))
    created_at: Mapped[datetime]
    lapses_at: Mapped[datetime]
    # When it was put on record; None: nobody has looked yet at whose address it is.
    recorded_at: Mapped[datetime | None]
    # When admins were told of it; None: not yet.
    told_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # Who approved or declined it.
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    organization: Mapped[Organization] = relationship()
    maker: Mapped[User | None] = relationship(foreign_keys=[maker_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])
    membership: Mapped[Membership | None] = relationship()
    join_link: Mapped[JoinLink | None] = relationship()

    @hybrid_method
    def is_open(self, now: datetime) -> bool:
        """Whether it can be decided: nobody has yet, and it has not lapsed."""
        return self.state == RequestState.OPEN and self.lapses_at > now

    @is_open.inplace.expression  # type: ignore[attr-defined, untyped-decorator]
    @classmethod
    def _is_open(cls, now: datetime) -> ColumnElement[bool]:
        return (cls.state == RequestState.OPEN.value) & (cls.lapses_at > now)

    def status(self, now: datetime) -> str:
        """Its state; `lapsed` once its time is over, whether or not the sweep has run."""
        is_over = self.state == RequestState.OPEN and self.lapses_at <= now
        return RequestState.LAPSED.value if is_over else self.state
