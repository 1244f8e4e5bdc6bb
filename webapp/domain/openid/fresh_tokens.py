"""Writing new tokens: each code and each refresh token gives them once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import Row, bindparam, update

from webapp import clock
from webapp.models import OidcVisit
from webapp.prepared_statements import PreparedChange
from webapp.signing import digest

ACCESS = timedelta(minutes=10)

# One statement each uses a code or a refresh token up: of two at once, one changes the row.
_VISIT = update(OidcVisit).where(OidcVisit.sid == bindparam("visit"))
_TOKENS: dict[str, Any] = {
    "access_digest": bindparam("access"),
    "access_until": bindparam("until"),
    "refresh_digest": bindparam("refresh"),
}
_USE = PreparedChange(
    _VISIT.where(OidcVisit.used_at.is_(None)).values(
        used_at=bindparam("now"), family_digest=bindparam("family"), **_TOKENS
    )
)
_ROTATE = PreparedChange(
    _VISIT.where(OidcVisit.refresh_digest == bindparam("before")).values(**_TOKENS)
)
_END = PreparedChange(
    _VISIT.values(
        ended_at=bindparam("now"), access_digest=None, access_until=None, refresh_digest=None
    )
)


@dataclass(frozen=True, slots=True)
class Fresh:
    """Tokens that nobody has yet."""

    family: str
    access: str
    refresh: str
    now: datetime

    @classmethod
    def of(cls, family: str) -> Self:
        """Of a new visit, or of one that has had tokens of this family."""
        access, rest = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        return cls(family, access, f"{family}.{rest}", clock.now())

    def use(self, visit: Row[Any]) -> bool:
        """Write them for the visit's code; False if it was used meanwhile."""
        return self._write(_USE, visit, now=self.now, family=digest(self.family))

    def rotate(self, visit: Row[Any]) -> bool:
        """Write them in place of the visit's refresh token; False if it was used meanwhile."""
        return self._write(_ROTATE, visit, before=visit.refresh_digest)

    def until(self, visit: Row[Any]) -> datetime:
        """When the access token ends: never after its visit."""
        return min(self.now + ACCESS, visit.ends_at)  # type: ignore[no-any-return]

    def _write(self, change: PreparedChange, visit: Row[Any], **values: Any) -> bool:
        return change.once(
            visit=visit.sid,
            access=digest(self.access),
            until=self.until(visit),
            refresh=digest(self.refresh),
            **values,
        )


def end(visit: Row[Any]) -> None:
    """End the visit and its tokens: what was used up came a second time."""
    _END.once(visit=visit.sid, now=clock.now())
