"""Access reviews."""

from __future__ import annotations

from jobs import in_app
from webapp.domain.members import review_rounds


@in_app
def run() -> None:
    """Begin reviews that are due, remind those who have not answered, and end reviews."""
    review_rounds.run()
