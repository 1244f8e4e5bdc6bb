"""How many transactions a session has begun, whatever became of them."""

from __future__ import annotations

from typing import Any

_BEGUN = "transactions"


def count(session: Any) -> int:
    """As many as by now."""
    return int(session.info.get(_BEGUN, 0))


def note(session: Any) -> None:
    """One more."""
    session.info[_BEGUN] = count(session) + 1
