"""What an admin filled in for an invitation of an admin, kept until another one agrees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from webapp.domain.invitations import access
from webapp.domain.invitations.access import Access
from webapp.models import Request, Role

WORDS = ("message", "language", "expiry_days")


def kept(groups: Sequence[str] | None, wished: Access, **words: Any) -> dict[str, Any]:
    """The offer as it is kept, in plain values."""
    offer: dict[str, Any] = {name: value for name, value in words.items() if value is not None}
    if groups is not None:
        offer["groups"] = list(groups)
    if wished is not access.USUAL:
        until = wished.until
        plain = until.isoformat() if isinstance(until, date) else None
        offer |= {"access_until": plain, "access_days": wished.days}
    return offer


def words(request: Request) -> dict[str, Any]:
    """What the approver does not choose: the message, its language, how long the link works."""
    offer = request.offer or {}
    return {name: offer[name] for name in WORDS if offer.get(name) is not None}


def groups(request: Request) -> list[str] | None:
    """The groups that were chosen, or that its join link gives; None: the default ones."""
    if request.join_link is not None:
        return [group.slug for group in request.join_link.groups]
    chosen = (request.offer or {}).get("groups")
    return [str(slug) for slug in chosen] if isinstance(chosen, list) else None


def wished(request: Request) -> Access:
    """The access that was chosen; the usual one if none was, or what is kept is none."""
    offer, link = request.offer or {}, request.join_link
    if link is not None and link.access_days:
        return Access(days=link.access_days)
    if "access_days" not in offer:
        return access.USUAL  # type: ignore[no-any-return]
    text, days = offer.get("access_until"), offer.get("access_days")
    until: date | datetime | None = None
    if isinstance(text, str):
        until = access.moment(text)
    return Access(until, days if isinstance(days, int) else None)


def role(request: Request) -> str:
    """The role requested; contributor if none was."""
    return request.role or Role.CONTRIBUTOR.value
