"""A lease: a row that one worker holds until it lets go of it, or until its time runs out.

`due_at` says when a row may be taken next: while it is held, that is when its lease runs out. So
one comparison finds what is due and what a worker left behind when it died.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement

from webapp import clock
from webapp.models import BulkImport, Delivery, OidcVisit, WebhookEndpoint

Leased = Delivery | WebhookEndpoint | BulkImport | OidcVisit


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that a worker has taken: its id, and the random text that marks it as taken."""

    row_id: int
    lease: str


def new() -> str:
    """A new, unique lease."""
    return secrets.token_hex(16)


def is_free(model: type[Leased]) -> ColumnElement[bool]:
    """Whether a row is due, so that no running lease holds it."""
    return model.due_at <= clock.now()


def is_mine(model: type[Leased], claim: Claim) -> ColumnElement[bool]:
    """Whether this claim was the last to take the row, even if its lease has run out."""
    return (model.id == claim.row_id) & (model.lease == claim.lease)


def is_held(model: type[Leased], claim: Claim) -> ColumnElement[bool]:
    """Whether this claim holds the row and its lease has not run out."""
    return is_mine(model, claim) & (model.due_at > clock.now())


def take(rows: Sequence[Leased], length: timedelta) -> dict[int, Claim]:
    """Give all these rows, which are free and locked, one new lease; returns claims by row id."""
    lease = new()
    for row in rows:
        row.lease = lease
        renew(row, length)
    return {row.id: Claim(row.id, lease) for row in rows}


def renew(row: Leased, length: timedelta) -> None:
    """Restart the lease of a held row."""
    row.due_at = clock.now() + length


def let_go(row: Leased, rest: timedelta = timedelta(0)) -> None:
    """End the lease of a held row, which may be taken again after a rest."""
    row.lease, row.due_at = None, clock.now() + rest
