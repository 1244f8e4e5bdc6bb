"""Daily counters for limits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Model


class DailyCount(Model):
    """A counter per kind, subject and UTC day; it only grows, so undoing gains nothing."""

    __tablename__ = "daily_counts"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject: Mapped[str] = mapped_column(String(320), primary_key=True)
    count: Mapped[int]
    at: Mapped[datetime | None]  # when the last one was counted
