"""Lists of people that are being invited."""

from __future__ import annotations

from jobs import in_app
from webapp.domain import bulk_runs


@in_app
def run() -> None:
    """Go on with what runs."""
    bulk_runs.run_due()
