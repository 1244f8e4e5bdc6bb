"""Lists that were read but never started."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from webapp import clock, sqlite_remains
from webapp.db import db, transaction
from webapp.domain import upkeep
from webapp.domain.imports import list_files
from webapp.models import BulkImport, BulkImportRow

KEPT = timedelta(days=1)


@upkeep.forgets
@transaction()
def forget() -> int:
    """Delete the lists that nobody started within a day; returns how many."""
    old = select(BulkImport.id).where(
        BulkImport.started_at.is_(None), BulkImport.created_at < clock.now() - KEPT
    )
    ids = list(db.session.scalars(old.with_for_update(skip_locked=True)))
    if ids:
        sqlite_remains.note()
    list_files.drop(ids)
    db.session.execute(delete(BulkImportRow).where(BulkImportRow.import_id.in_(ids)))
    db.session.execute(delete(BulkImport).where(BulkImport.id.in_(ids)))
    return len(ids)
