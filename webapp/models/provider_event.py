"""Events from the mail provider, so that none is handled twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Model


class ProviderEvent(Model):
    """One signed event, by its id, which is the same each time it is sent."""

    __tablename__ = "provider_events"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    taken_at: Mapped[datetime]
