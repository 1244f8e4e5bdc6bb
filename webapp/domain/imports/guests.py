"""Who is to be invited by the form for one person, and what became of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from webapp.domain.imports.columns import ImportLine
from webapp.domain.invitations import access
from webapp.domain.invitations.access import Access


@dataclass(frozen=True, slots=True)
class GuestList:
    """Who is to be invited, as typed, and the terms of everybody whose line says nothing else."""

    text: str
    role: str
    expiry_days: int | None = None
    name: str | None = None  # for one person only
    message: str | None = None
    language: str | None = None
    groups: Sequence[str] | None = None  # None: the default ones
    access: Access = access.USUAL
    confirmed: Collection[str] = ()  # likely typos that are right as they are
    only_good: bool = False  # send to the others when some cannot be invited
    given: Collection[int] = ()  # members who are added to the groups instead, by id

    def words(self, line: ImportLine) -> dict[str, Any]:
        """What the invitation of this line says besides its role."""
        return {
            "expiry_days": self.expiry_days,
            "name": self.name or line.name,
            "message": line.message or self.message,
            "language": self.language,
            "groups": self.groups,
            "access": self.access,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """The addresses that were invited, until when, and the others with the reason for each.

    `asked` are those about whom a second admin is asked, as they would be admins.
    """

    invited: list[str]
    until: datetime | None = None
    refused: list[tuple[str, str]] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
