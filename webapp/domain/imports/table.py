"""An import on its page: counts, lines of a kind page by page, and a CSV of what was not sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from webapp.db import db
from webapp.domain import pagination, spreadsheets
from webapp.domain.errors import NotFound
from webapp.domain.imports import kinds
from webapp.domain.pagination import Page
from webapp.languages import marked
from webapp.models import BulkImport, BulkImportRow, ImportState, Organization

ROWS = 50
FIRST = 5
LATEST = 10
BATCH = 1000
NOT_REACHED = marked("It was not reached before the import was stopped.")
COLUMNS = ("email", "role", "name", "message", "groups", "access_until", "line", "why")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many lines there are of each kind."""

    by_kind: dict[str, int]
    total: int

    @property
    def waiting(self) -> int:
        """Lines still to be sent."""
        return self.by_kind.get(kinds.WAITING, 0)

    @property
    def done(self) -> int:
        """Lines that are settled."""
        return self.total - self.waiting

    @property
    def sent(self) -> int:
        """Lines that became invitations."""
        return self.by_kind.get(kinds.SENT, 0)

    @property
    def sendable(self) -> int:
        """Lines that can be sent now, or once the daily limit is reset."""
        return sum(self.by_kind.get(kind, 0) for kind in kinds.SENDABLE)

    @property
    def bad(self) -> int:
        """Lines that were not sent or cannot be."""
        return self.total - sum(self.by_kind.get(kind, 0) for kind in kinds.GOOD)


def counts(bulk_import: BulkImport) -> Counts:
    """How far the import is, counted from its lines."""
    rows = db.session.execute(
        select(BulkImportRow.kind, func.count())
        .where(BulkImportRow.import_id == bulk_import.id)
        .group_by(BulkImportRow.kind)
    )
    by_kind = {kind: int(count) for kind, count in rows}
    known = [kind for kind in kinds.WORDS if kind in by_kind]
    unknown = sorted(by_kind.keys() - kinds.WORDS.keys())
    in_order = {kind: by_kind[kind] for kind in (*known, *unknown)}
    return Counts(in_order, sum(in_order.values()))


def page(
    bulk_import: BulkImport, kind: str, *, after: int = 0, most: int = ROWS
) -> Page[BulkImportRow]:
    """The lines of one kind in the list's order; raises NotFound for an unknown kind."""
    if not kind.isprintable():  # PostgreSQL takes no text with a zero byte
        raise NotFound
    rows = db.session.scalars(
        select(BulkImportRow)
        .where(
            BulkImportRow.import_id == bulk_import.id,
            BulkImportRow.kind == kind,
            BulkImportRow.number > after,
        )
        .order_by(BulkImportRow.number)
        .limit(most + 1)
    ).all()
    if not rows and kind not in kinds.WORDS:
        raise NotFound
    return pagination.by_id(rows, after, most, lambda row: row.number)


def latest(organization: Organization) -> Sequence[BulkImport]:
    """The organization's newest imports, newest first."""
    return db.session.scalars(
        select(BulkImport)
        .options(joinedload(BulkImport.actor))
        .where(
            BulkImport.organization_id == organization.id, BulkImport.state != ImportState.READING
        )
        .order_by(BulkImport.id.desc())
        .limit(LATEST)
    ).all()


def not_sent(import_id: int) -> Iterator[BulkImportRow]:
    """The lines that were not sent or cannot be, in the list's order, a batch at a time."""
    after = 0
    while True:
        rows = db.session.scalars(
            select(BulkImportRow)
            .where(
                BulkImportRow.import_id == import_id,
                BulkImportRow.kind.not_in(kinds.GOOD),
                BulkImportRow.number > after,
            )
            .order_by(BulkImportRow.number)
            .limit(BATCH)
        ).all()
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1].number
        db.session.expunge_all()


def export(bulk_import: BulkImport) -> Iterator[str]:
    """The same lines as a CSV file that can be corrected and uploaded again."""
    import_id = bulk_import.id
    yield from spreadsheets.lines([COLUMNS])
    body = (
        (
            *(row.email, row.role, row.name, row.message, row.groups, row.access_until),
            *(row.line or row.number, why(row)),
        )
        for row in not_sent(import_id)
    )
    for piece in spreadsheets.lines(body):
        yield piece.removeprefix("\ufeff")


def reason(row: BulkImportRow) -> str | None:
    """Why a line has ended up as it is, in English, if there is more to say than its kind."""
    return NOT_REACHED if row.kind == kinds.WAITING else row.reason


def why(row: BulkImportRow) -> str:
    """Why a line was not sent, in English."""
    return reason(row) or kinds.called(row.kind)
