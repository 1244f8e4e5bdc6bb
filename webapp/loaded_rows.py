"""What is known of a row without asking the database for it again.

A rollback makes every row of a session stale: reading a value then is a query, and the database may
be the reason for the rollback.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect


def identity(row: Any) -> Any:
    """The row's primary key, or None if it was never written."""
    key = inspect(row).identity
    return key[0] if key else None


def value(row: Any, name: str) -> Any:
    """A value of the row as it was read last; None if that is no longer known."""
    return inspect(row).dict.get(name)
