"""The restores of this installation from backups."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model


class Restore(Model):
    """One restore. Links mailed to accounts before it are ended (rule M6)."""

    __tablename__ = "restores"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    # When the backup's newest event happened; None: it had none.
    made_at: Mapped[datetime | None]
