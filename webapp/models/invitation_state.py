"""What an invitation's state means: in Python, and in SQL."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, not_, or_
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import Mapped


class InvitationState(StrEnum):
    """`pending`, then exactly one of the others."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    REVOKED = "revoked"
    DECLINED = "declined"


RESENDABLE = (InvitationState.PENDING, InvitationState.EXPIRED)
REPEATABLE = (InvitationState.REVOKED, InvitationState.DECLINED)


class HasState:
    """Predicates about an invitation's state at a given time."""

    __slots__ = ()

    if TYPE_CHECKING:
        email: Mapped[str] | str
        state: Mapped[str] | str
        expires_at: Mapped[datetime] | datetime

    @hybrid_property
    def is_erased(self) -> bool:
        """Whether a pseudonym has replaced the address, so that nobody can be mailed."""
        return "@" not in self.email

    @is_erased.inplace.expression
    @classmethod
    def _is_erased(cls) -> ColumnElement[bool]:
        return cls.email.not_like("%@%")  # type: ignore[union-attr]

    @hybrid_method
    def is_overdue(self, now: datetime) -> bool:
        """Whether the link has run out, but the sweep has not ended the invitation yet."""
        return self.state == InvitationState.PENDING and self.expires_at <= now

    @is_overdue.inplace.expression  # type: ignore[attr-defined, untyped-decorator]
    @classmethod
    def _is_overdue(cls, now: datetime) -> ColumnElement[bool]:
        return and_(cls.state == InvitationState.PENDING, cls.expires_at <= now)  # type: ignore[arg-type]

    @hybrid_method
    def is_expired(self, now: datetime) -> bool:
        """Whether the link has run out, to the second, whether the sweep ran or not."""
        return self.is_overdue(now) or self.state == InvitationState.EXPIRED

    @is_expired.inplace.expression  # type: ignore[attr-defined, untyped-decorator]
    @classmethod
    def _is_expired(cls, now: datetime) -> ColumnElement[bool]:
        return or_(cls.is_overdue(now), cls.state == InvitationState.EXPIRED)  # type: ignore[arg-type]

    @hybrid_method
    def is_pending(self, now: datetime) -> bool:
        """Whether it is unanswered and its link has not run out."""
        waits = self.state == InvitationState.PENDING and now < self.expires_at
        return waits and not self.is_erased

    @is_pending.inplace.expression  # type: ignore[attr-defined, untyped-decorator]
    @classmethod
    def _is_pending(cls, now: datetime) -> ColumnElement[bool]:
        waits = and_(cls.state == InvitationState.PENDING, cls.expires_at > now)  # type: ignore[arg-type]
        return and_(waits, not_(cls.is_erased))

    @hybrid_property
    def may_be_resent(self) -> bool:
        """Whether a new link may replace the current one; until then it may be revoked as well."""
        return self.state in RESENDABLE and not self.is_erased

    @may_be_resent.inplace.expression
    @classmethod
    def _may_be_resent(cls) -> ColumnElement[bool]:
        return and_(cls.state.in_(RESENDABLE), not_(cls.is_erased))  # type: ignore[union-attr]

    @property
    def may_be_repeated(self) -> bool:
        """Whether it has ended without an answer that lasts: the person may be invited again."""
        return self.state in REPEATABLE and not self.is_erased

    def status(self, now: datetime) -> str:
        """The state that is shown: a pending invitation whose link ran out is expired."""
        return InvitationState.EXPIRED.value if self.is_expired(now) else self.state
