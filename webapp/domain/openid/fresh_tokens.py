"""Writing new tokens: each code and each refresh token gives them once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import Executable, Row, bindparam, case, update

from webapp import clock
from webapp.db import rows
from webapp.domain.openid import visits
from webapp.domain.openid.credentials import Owner
from webapp.models import OidcVisit
from webapp.signing import digest

ACCESS = timedelta(minutes=10)

# One statement each uses a code or a refresh token up: of two at once, one changes the row. It is
# known only afterwards whether the token was good for anything; if not, all of it is undone.
_MINE = update(OidcVisit).where(
    OidcVisit.organization_id == bindparam("organization"),
    OidcVisit.application_id == bindparam("application"),
)
_UNTIL = bindparam("until", type_=OidcVisit.access_until.type)
_TOKENS = {
    "access_digest": bindparam("access"),
    "refresh_digest": bindparam("refresh"),
    "access_until": case((OidcVisit.ends_at < _UNTIL, OidcVisit.ends_at), else_=_UNTIL),
}
_USE = _MINE.where(
    OidcVisit.code_digest == bindparam("digest"),
    OidcVisit.used_at.is_(None),
    OidcVisit.created_at > bindparam("oldest"),
).values(used_at=bindparam("now"), family_digest=bindparam("family"), **_TOKENS)
_ROTATE = _MINE.where(
    OidcVisit.family_digest == bindparam("digest"),
    OidcVisit.refresh_digest == bindparam("before"),
).values(**_TOKENS)
_END = (
    update(OidcVisit)
    .where(OidcVisit.sid == bindparam("visit"))
    .values(ended_at=bindparam("now"), access_digest=None, access_until=None, refresh_digest=None)
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

    def use(self, owner: Owner, code_digest: str) -> bool:
        """Write them for an unused code; whether there was one."""
        values = {"digest": code_digest, "family": digest(self.family), "now": self.now}
        return self._write(_USE, owner, {**values, "oldest": self.now - visits.CODE})

    def rotate(self, owner: Owner, before: str) -> bool:
        """Write them in place of the family's newest refresh token; whether it was that."""
        values = {"digest": digest(self.family), "before": digest(before)}
        return self._write(_ROTATE, owner, values)

    def _write(self, statement: Executable, owner: Owner, values: dict[str, Any]) -> bool:
        written = {
            **values,
            "organization": owner.organization_id,
            "application": owner.application_id,
            "access": digest(self.access),
            "refresh": digest(self.refresh),
            "until": self.now + ACCESS,
        }
        return rows(statement, written).rowcount == 1


def end(visit: Row[Any]) -> None:
    """End the visit and its tokens, in the present transaction."""
    rows(_END, {"visit": visit.sid, "now": clock.now()})
