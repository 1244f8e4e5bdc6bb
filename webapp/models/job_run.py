"""What runs beside the web: how often, for how long, and when last."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.column_types import BigId
from webapp.db import Model


class JobRun(Model):
    """One row per job, over all processes that run it; the scheduler has a row as well."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    runs: Mapped[int] = mapped_column(BigId)
    failures: Mapped[int] = mapped_column(BigId)
    seconds: Mapped[float]  # of all runs together
    last_at: Mapped[datetime]
    last_seconds: Mapped[float]
