"""A form that arrived after its session had ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model


class KeptForm(Model):
    """A form that somebody filled in, kept until they have signed in again."""

    __tablename__ = "kept_forms"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    # SHA-256 of a key that only the browser has, in a cookie.
    browser: Mapped[str] = mapped_column(String(64), index=True)
    # The page and its fields, encrypted with both SECRET_KEY and the browser's key.
    sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)
