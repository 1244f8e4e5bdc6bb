"""A request that a program may repeat without its effect being repeated."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model


class IdempotentRequest(Model):
    """A request under way or answered, by a digest of who sent it with which Idempotency-Key."""

    __tablename__ = "idempotent_requests"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    # A keyed mark of what was sent: whoever repeats the key with something else is refused.
    fingerprint: Mapped[str] = mapped_column(String(16))
    # The answer, sealed: it may hold a link or a session's token. None while under way.
    answer: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)
    # Until then it is under way; a process that was killed leaves it to the next try afterwards.
    lease_until: Mapped[datetime]
