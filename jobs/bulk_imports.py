"""Lists of people that are being invited."""

from __future__ import annotations

from jobs import in_app
from webapp.domain.imports import runs


@in_app
def run() -> None:
    """Go on with what runs."""
    runs.run_due()
