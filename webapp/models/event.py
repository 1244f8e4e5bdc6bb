"""The audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model


def _filter(column: str) -> Index:
    """An index in the trail's order for one column; it leaves out rows without a value."""
    condition = text(f"{column} IS NOT NULL")
    columns = ("organization_id", column, "at", "id")
    return Index(
        f"ix_events_{column}", *columns, sqlite_where=condition, postgresql_where=condition
    )


class Event(Model):
    """What happened, when, by whom and to whom. Rows are only ever added."""

    __tablename__ = "events"
    __table_args__ = (
        # The trail's order, alone and for each filter.
        Index("ix_events_trail", "organization_id", "at", "id"),
        Index("ix_events_name", "organization_id", "name", "at", "id"),
        _filter("actor_id"),
        _filter("person_id"),
        _filter("email_key"),
        # One person's events of one kind: either filter alone may match many, both together few.
        Index(
            "ix_events_actor_name",
            *("organization_id", "actor_id", "name", "at", "id"),
            sqlite_where=text("actor_id IS NOT NULL"),
            postgresql_where=text("actor_id IS NOT NULL"),
        ),
        Index("ix_events_invitation", "invitation_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    name: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    # 'user' (then actor_id says which), 'operator', 'invitee' or 'system'.
    actor: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("user_invitations.id"))
    request_id: Mapped[str] = mapped_column(String(60))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # What the trail is searched by: the user concerned (`user_id` in the data), and the key of the
    # address concerned.
    person_id: Mapped[int | None] = mapped_column(BigId)
    email_key: Mapped[str | None] = mapped_column(String(320))

    @property
    def told(self) -> dict[str, Any]:
        """The data; empty if the row holds something other than an object."""
        return self.data if isinstance(self.data, dict) else {}
