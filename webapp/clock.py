"""The time: everything asks here, so that tests can move it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

# Not strftime: it uses the server's language, and is slow.
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)

_ahead = timedelta(0)
_stopped_at: datetime | None = None


def now() -> datetime:
    """The current time, aware, in UTC."""
    return (_stopped_at or datetime.now(UTC)) + _ahead


def day() -> str:
    """Today's date in UTC as text, by which daily limits are counted."""
    return now().date().isoformat()


def next_day() -> datetime:
    """The next midnight in UTC, when daily limits are reset."""
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


def exact(moment: datetime) -> str:
    """A time in full, with its zone: Friday 27 November 2026, 14:05 UTC."""
    at = moment.astimezone(UTC)
    day, month = DAYS[at.weekday()], MONTHS[at.month - 1]
    return f"{day} {at.day} {month} {at.year}, {at.hour:02}:{at.minute:02} UTC"


@contextmanager
def ahead(**by: float) -> Iterator[None]:
    """Set the clock ahead (timedelta's keywords) inside the block; nested blocks add up."""
    global _ahead
    before = _ahead
    _ahead = before + timedelta(**by)
    try:
        yield
    finally:
        _ahead = before


@contextmanager
def stopped() -> Iterator[None]:
    """Stop the clock inside the block; only `ahead` moves it."""
    global _stopped_at
    _stopped_at = datetime.now(UTC)
    try:
        yield
    finally:
        _stopped_at = None
