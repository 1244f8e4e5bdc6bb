"""How many transactions a request or a job has begun, whatever became of them."""

from __future__ import annotations

from flask import g

_BEGUN = "transactions_begun"


def count() -> int:
    """As many as by now."""
    return int(g.get(_BEGUN, 0))


def note() -> None:
    """One more."""
    setattr(g, _BEGUN, count() + 1)
