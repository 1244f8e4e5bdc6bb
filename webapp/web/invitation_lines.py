"""The rows of the invitation table; built here, because fifty are slow in a template."""

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


class TableRow(NamedTuple):
    """A row: the name of its pattern, its status and delivery, and the other words in it."""

    kind: str
    status: str
    delivery: str
    words: dict[str, Any]


def facts(page: Page[InvitationLine], filters: InvitationFilters, table: str) -> dict[str, Any]:
    """What the template shows of a page of the table at that address."""
    return {
        "page": page,
        "filters": filters,
        "list": table,
        "rows": _rows(page.rows, table, scope.may("invitations:write")),
        "address": _addresses(table, filters),
        "statuses": STATUSES,
        "deliveries": DELIVERIES,
    }


def _rows(lines: Sequence[InvitationLine], table: str, may_write: bool) -> Iterator[TableRow]:
    now = clock.now()
    for line in lines:
        status, can_change = line.status(now), line.may_be_resent
        ends = status in ("pending", "expired")
        yield TableRow(
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
    # The present filters, except for what changes.
    present = {
        "status": filters.status,
        "delivery": filters.delivery,
        "inviter": filters.inviter_id,
        "q": filters.words or None,
        "sort": filters.sort if filters.sort != NEWEST else None,
    }

    def address(**changes: str | int | None) -> str:
        query = {name: value for name, value in (present | changes).items() if value is not None}
        return f"{table}?{urlencode(query)}" if query else table

    return address
