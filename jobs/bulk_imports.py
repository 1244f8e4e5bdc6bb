"""Bulk imports."""

from __future__ import annotations

from jobs import in_app
from webapp.domain.imports import runs


@in_app
def run() -> None:
    """Send the next lines of running imports."""
    runs.run_due()
