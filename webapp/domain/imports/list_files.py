"""The files of lists that nobody has started yet: with other columns they are read again."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

from sqlalchemy import delete, insert, select

from webapp import sqlite_remains
from webapp.db import db, transaction
from webapp.domain.imports.choices import Choice
from webapp.domain.imports.layouts import Layout
from webapp.models import BulkImport, ListFile, ListFilePiece

PIECE = 512 * 1024


def keep(bulk_import: BulkImport, stream: BinaryIO, found: Layout, chosen: Choice) -> None:
    """Put a file away, a piece in each transaction, so that no other writer waits for long."""
    _begin(bulk_import, found, chosen)
    stream.seek(0)
    number = 0
    while content := stream.read(PIECE):
        _add(bulk_import, number, content)
        number += 1
    stream.seek(0)


@transaction()
def _begin(bulk_import: BulkImport, found: Layout, chosen: Choice) -> None:
    db.session.add(ListFile(import_id=bulk_import.id, found=asdict(found), chosen=asdict(chosen)))


@transaction()
def _add(bulk_import: BulkImport, number: int, content: bytes) -> None:
    piece = {"import_id": bulk_import.id, "number": number, "content": content}
    db.session.execute(insert(ListFilePiece.__table__), [piece])  # type: ignore[arg-type]


def of(bulk_import: BulkImport) -> ListFile | None:
    """What is known of an import's file, while it is kept."""
    return db.session.get(ListFile, bulk_import.id)


def found(file: ListFile) -> Layout:
    """The columns of a kept file."""
    return Layout(**_known(Layout, file.found))


def chosen(file: ListFile) -> Choice:
    """What was chosen about a kept file."""
    return Choice(**_known(Choice, file.chosen))


def _known(of: type, stored: dict[str, Any]) -> dict[str, Any]:
    """What this version knows of what another may have stored."""
    return {name: value for name, value in stored.items() if name in of.__dataclass_fields__}  # type: ignore[attr-defined]


def opened(file: ListFile) -> BinaryIO:
    """A copy of the kept file, to be closed."""
    copy: Any = tempfile.SpooledTemporaryFile(PIECE)  # noqa: SIM115
    query = select(ListFilePiece.content).where(ListFilePiece.import_id == file.import_id)
    number = 0
    while content := db.session.scalar(query.where(ListFilePiece.number == number)):
        copy.write(content)
        number += 1
    copy.seek(0)
    return copy  # type: ignore[no-any-return]


def drop(import_ids: Sequence[int]) -> None:
    """Delete the files of these imports in the present transaction."""
    if import_ids:
        sqlite_remains.note()
    for model in (ListFilePiece, ListFile):
        db.session.execute(delete(model).where(model.import_id.in_(import_ids)))
