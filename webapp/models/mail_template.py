"""An organization's own text of a mail, version by version, and texts that are only tried out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.column_types import BigId
from webapp.db import Model
from webapp.models.user import User

KINDS = "kind IN ('invitation', 'reminder', 'renewal', 'reset', 'welcome')"


class MailTemplate(Model):
    """One version; the newest of its kind is in use. Rows are only ever added."""

    __tablename__ = "mail_templates"
    __table_args__ = (
        UniqueConstraint("organization_id", "kind", "number", name="one_mail_template_version"),
        CheckConstraint(KINDS, name="kind"),
        CheckConstraint("(subject IS NULL) = (body IS NULL)", name="whole"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    # None: a version that went back to the default.
    subject: Mapped[str | None] = mapped_column(String(150))
    body: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    # None: the operator.
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    author: Mapped[User | None] = relationship()

    @property
    def is_default(self) -> bool:
        """Whether this version went back to the built-in text."""
        return self.body is None


class MailDraft(Model):
    """A text that an admin sent to themselves as a test; it is never in use."""

    __tablename__ = "mail_drafts"
    __table_args__ = (CheckConstraint(KINDS, name="kind"),)

    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("deliveries.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str] = mapped_column(String(20))
    # The version that the admin edited, so that the form can be continued.
    number: Mapped[int]
    subject: Mapped[str] = mapped_column(String(150))
    body: Mapped[str] = mapped_column(Text)
