"""One line of the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model


def _filter(column: str) -> Index:
    """An index of the trail's order for one value; rows without any are not in it."""
    given = text(f"{column} IS NOT NULL")
    columns = ("organization_id", column, "at", "id")
    return Index(f"ix_events_{column}", *columns, sqlite_where=given, postgresql_where=given)


class Event(Model):
    """What happened, when, by whom, and to whom. Only ever added to."""

    __tablename__ = "events"
    __table_args__ = (
        # The trail's order, alone and for each filter.
        Index("ix_events_trail", "organization_id", "at", "id"),
        Index("ix_events_name", "organization_id", "name", "at", "id"),
        _filter("actor_id"),
        _filter("person_id"),
        _filter("email_key"),
        # What one person did of one kind: both may be much, and the two together rare.
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
    # What the trail is searched by: the user concerned (`user_id` in the data), and the address
    # concerned, in the form by which addresses compare.
    person_id: Mapped[int | None] = mapped_column(BigId)
    email_key: Mapped[str | None] = mapped_column(String(320))

    @property
    def told(self) -> dict[str, Any]:
        """The data by name; nothing where something else stands in its place."""
        return self.data if isinstance(self.data, dict) else {}
