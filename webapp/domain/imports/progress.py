"""How far an import is: which of its lines wait to be sent, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update

from webapp import clock
from webapp.db import db
from webapp.domain import events
from webapp.domain.events import Actor
from webapp.domain.imports import kinds, list_summaries
from webapp.models import BulkImport, BulkImportRow, ImportState


def set_waiting(bulk_import: BulkImport, from_kinds: Sequence[str]) -> int:
    """Queue the lines of these kinds to be sent; returns how many wait now."""
    db.session.execute(
        update(BulkImportRow)
        .where(BulkImportRow.import_id == bulk_import.id, BulkImportRow.kind.in_(from_kinds))
        .values(kind=kinds.WAITING, reason=None)
        .execution_options(synchronize_session=False)
    )
    rows = select(func.count()).where(
        BulkImportRow.import_id == bulk_import.id, BulkImportRow.kind == kinds.WAITING
    )
    return db.session.scalar(rows) or 0


def end(
    bulk_import: BulkImport, state: ImportState, event: str, by: Actor | str, words: str | None
) -> None:
    """Stop or finish a locked import in the current transaction, and record how far it got."""
    bulk_import.state, bulk_import.words, bulk_import.lease = state, words, None
    bulk_import.ended_at = clock.now()
    by_kind = (
        select(BulkImportRow.kind, func.count())
        .where(BulkImportRow.import_id == bulk_import.id)
        .group_by(BulkImportRow.kind)
    )
    counts: dict[str, int] = dict(db.session.execute(by_kind).all())
    facts: dict[str, Any] = {"import_id": bulk_import.id, "sent": counts.get(kinds.SENT, 0)}
    if event == "ImportFinished":
        facts["refused"] = bulk_import.total - facts["sent"]
    else:
        facts |= {"left": counts.get(kinds.WAITING, 0), "reason": words or "as asked"}
    events.record(bulk_import.organization_id, event, by=by, **facts)
    list_summaries.note(bulk_import, facts["sent"])
