"""What the table shows in each row: made here and not in the template, which has fifty of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from webapp import clock
from webapp.domain.invitations.lines import InvitationLine
from webapp.domain.invitations.table import DELIVERIES, NEWEST, STATUSES, InvitationFilters
from webapp.domain.pagination import Page
from webapp.web import moments, scope

ENDED = "ended"
COME_BACK = ("failed", "bounced")  # mails whose address may be wrong


class Shown(NamedTuple):
    """A row: which pattern it has, the marks of its status and delivery, and all other words."""

    kind: str
    status: str
    delivery: str
    words: dict[str, Any]


def facts(page: Page[InvitationLine], filters: InvitationFilters, table: str) -> dict[str, Any]:
    """What the template says of a page of the table at that address."""
    return {
        "page": page,
        "filters": filters,
        "list": table,
        "rows": _shown(page.rows, table, scope.may("invitations:write")),
        "address": _addresses(table, filters),
        "statuses": STATUSES,
        "deliveries": DELIVERIES,
    }


def _shown(lines: Sequence[InvitationLine], table: str, may_write: bool) -> Iterator[Shown]:
    now = clock.now()
    for line in lines:
        status, can_change = line.status(now), line.may_be_resent
        ends = status in ("pending", "expired")
        yield Shown(
            _kind(line, now) if can_change and may_write else ENDED,
            status,
            _delivery(line, can_change),
            {
                "id": line.id,
                "row": f"{table}/{line.id}",
                "email": line.email,
                "role": line.role.capitalize(),
                "inviter": line.inviter or "Operator",
                "created": moments.tag(line.created_at),
                "expires": moments.tag(line.expires_at) if ends else "",
            },
        )


def _kind(line: InvitationLine, now: datetime) -> str:
    kind = "open" if line.is_open(now) else line.status(now)
    return f"{kind}, failing" if line.delivery_state in COME_BACK else kind


def _delivery(line: InvitationLine, can_change: bool) -> str:
    if line.delivery_state == "suppressed" and not can_change:
        return "not sent"
    if can_change and (line.suppressed or "bounced") != "bounced":
        return "unsubscribed"
    return line.delivery_state or "never"


def _addresses(table: str, filters: InvitationFilters) -> Callable[..., str]:
    # As the table is asked for now, but for what changes.
    kept = {
        "status": filters.status,
        "delivery": filters.delivery,
        "inviter": filters.inviter_id,
        "q": filters.words or None,
        "sort": filters.sort if filters.sort != NEWEST else None,
    }

    def address(**changes: str | int | None) -> str:
        query = {name: value for name, value in (kept | changes).items() if value is not None}
        return f"{table}?{urlencode(query)}" if query else table

    return address
