"""What the table of invitations can be asked for, and what it shows of each."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from webapp.models import HasState


class _Line(NamedTuple):
    id: int
    email: str
    email_key: str
    role: str
    state: str
    delivery_state: str | None
    created_at: datetime
    expires_at: datetime
    inviter: str | None  # the name; nobody for the operator
    suppressed: str | None  # the reason why its address may not be mailed
    is_backed: bool  # an active admin, or the operator, stands behind its link


class Line(HasState, _Line):
    """What the table shows of an invitation."""

    __slots__ = ()

    def is_open(self, now: datetime) -> bool:
        """Whether the current link can be accepted; the table is of an active organization."""
        return self.is_pending(now) and bool(self.is_backed)


class Sought(NamedTuple):
    """What the rows have: a status as everyone sees it, a delivery, an inviter, words."""

    status: str | None
    delivery: str | None
    inviter_id: int | None
    words: str

    @property
    def is_narrow(self) -> bool:
        """Whether more is asked for than a status, which has an index in each order."""
        return bool(self.delivery or self.inviter_id or self.words)


class Walk(NamedTuple):
    """An order, and the way through it; all but `start` decides what the statement is."""

    columns: tuple[str, ...]
    descending: bool
    has_start: bool


LINE_COLUMNS = _Line._fields[:8]  # those of the invitation itself
