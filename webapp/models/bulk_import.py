"""Bulk imports: a list of people to invite, and each of its lines."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.column_types import BigId
from webapp.db import Model
from webapp.models.organization import Organization
from webapp.models.user import User

# The partial index's condition, word for word as in the query that uses it.
RUNNING = "state = 'running'"


class ImportState(StrEnum):
    """`reading`, `previewed`, then `running`, which ends as `stopped` or `finished`."""

    READING = "reading"
    PREVIEWED = "previewed"
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"


class BulkImport(Model):
    """A list of people to invite. Its progress is in its lines (`BulkImportRow.kind`)."""

    __tablename__ = "bulk_imports"
    __table_args__ = (
        CheckConstraint(
            "state IN ('reading', 'previewed', 'running', 'stopped', 'finished')", name="state"
        ),
        Index("ix_bulk_imports_page", "organization_id", "id"),
        Index(
            "ix_bulk_imports_running",
            "due_at",
            sqlite_where=text(RUNNING),
            postgresql_where=text(RUNNING),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    # None: the operator.
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str] = mapped_column(String(20), default=ImportState.READING)
    # None: it was pasted.
    file_name: Mapped[str | None] = mapped_column(String(100))
    # The terms for lines that have none of their own.
    role: Mapped[str] = mapped_column(String(20))
    expiry_days: Mapped[int]
    message: Mapped[str | None] = mapped_column(Text)
    total: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # When it is due next; while a worker holds it, when the lease runs out.
    due_at: Mapped[datetime]
    lease: Mapped[str | None] = mapped_column(String(32))
    # Why it was stopped.
    words: Mapped[str | None] = mapped_column(String(500))

    organization: Mapped[Organization] = relationship()
    actor: Mapped[User | None] = relationship()

    @property
    def is_running(self) -> bool:
        """Whether its lines are being sent."""
        return self.state == ImportState.RUNNING


class BulkImportRow(Model):
    """One line. Its kind says what to do with it, and in the end its outcome."""

    __tablename__ = "bulk_import_rows"
    __table_args__ = (
        UniqueConstraint("import_id", "number", name="one_import_line"),
        Index("ix_bulk_import_rows_email", "email_key"),
        Index("ix_bulk_import_rows_kind", "import_id", "kind", "number"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("bulk_imports.id"))
    # Its place in the list, and the line of the file or paste: one line may hold several people.
    # Without the second, the first is the line.
    number: Mapped[int]
    line: Mapped[int | None]
    # As typed, cut to what can be shown; without a key it is not an address.
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(320))
    # As in the file; it may be a word of another program.
    role: Mapped[str | None] = mapped_column(String(100))
    name: Mapped[str | None] = mapped_column(String(100))
    message: Mapped[str | None] = mapped_column(Text)
    # The last day of their access, as in the file.
    access_until: Mapped[str | None] = mapped_column(String(40))
    # One of the kinds in domain/imports/kinds.py.
    kind: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("user_invitations.id"))
