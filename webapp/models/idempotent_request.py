"""A request that a program may repeat without its effect being repeated."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model


class IdempotentRequest(Model):
    """A running or answered request, by a digest of its sender and Idempotency-Key."""

    __tablename__ = "idempotent_requests"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    # A keyed hash of the request: repeating the key with another request is refused.
    fingerprint: Mapped[str] = mapped_column(String(16))
    # The answer, encrypted: it may hold a link or a session's token. None while running.
    answer: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)
    # It counts as running until then; after that a retry may take over from a killed process.
    lease_until: Mapped[datetime]
