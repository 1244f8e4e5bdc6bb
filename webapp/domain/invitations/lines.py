"""What the table of invitations can be asked for, and the columns that it shows."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from webapp.models import HasState


class _Columns(NamedTuple):
    id: int
    email: str
    email_key: str
    role: str
    state: str
    delivery_state: str | None
    created_at: datetime
    expires_at: datetime
    inviter: str | None  # the name; None for the operator
    suppressed: str | None  # why its address may not be mailed
    is_backed: bool  # the inviter is an active admin or the operator


class InvitationLine(HasState, _Columns):
    """What the table shows of an invitation."""

    __slots__ = ()

    def is_open(self, now: datetime) -> bool:
        """Whether the current link can be accepted, if the organization is active."""
        return self.is_pending(now) and bool(self.is_backed)


class Criteria(NamedTuple):
    """Which rows to find: by status as everyone sees it, delivery, inviter, words, group, link."""

    status: str | None
    delivery: str | None
    inviter_id: int | None
    words: str
    group_id: int | None = None  # 0: a group that there is not
    link_id: int | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether more is asked for than a status, which has an index in each order."""
        values = (self.delivery, self.inviter_id, self.words, self.link_id)
        return any(values) or self.has_group

    @property
    def has_group(self) -> bool:
        """Whether only those that carry a group are asked for."""
        return self.group_id is not None

    @property
    def is_group_alone(self) -> bool:
        """Whether all that carry a group are asked for, whatever else they are."""
        return self.has_group and self == Criteria(None, None, None, "", self.group_id)


class Ordering(NamedTuple):
    """The order of the rows, and whether they start from a place in it."""

    columns: tuple[str, ...]
    descending: bool
    has_start: bool


LINE_COLUMNS = _Columns._fields[:8]  # those of the invitation itself
