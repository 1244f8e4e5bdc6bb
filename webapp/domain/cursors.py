"""Places in an ordered table, as text that fits into a URL."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from webapp.domain import texts

LONGEST = 1000


def write(place: Sequence[Any]) -> str:
    """The place as text; it holds nothing that its row does not show."""
    values = [value.isoformat() if isinstance(value, datetime) else value for value in place]
    plain = json.dumps(values, ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def read(cursor: str | None, kinds: Sequence[Callable[[Any], Any]]) -> tuple[Any, ...] | None:
    """The place that a cursor names; None if it is no cursor, or one of another order."""
    if not cursor or len(cursor) > LONGEST:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded))
        return tuple(kind(value) for kind, value in zip(kinds, values, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def number(value: Any) -> int:
    """A row's id; ValueError for anything else."""
    if type(value) is not int or not 0 < value < 2**63:
        raise ValueError
    return value


def text(value: Any) -> str:
    """Text that a database can store; ValueError for anything else."""
    if type(value) is not str or texts.showable(value) != value:
        raise ValueError
    return value


def moment(value: Any) -> datetime:
    """A moment in UTC; ValueError or TypeError for anything else."""
    parsed = datetime.fromisoformat(value)
    if parsed.tzinfo is None:
        raise ValueError
    return parsed.astimezone(UTC)
