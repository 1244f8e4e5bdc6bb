"""Files of lists that nobody has started yet, and what admins chose about their columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Model


class ListFile(Model):
    """The file of a list, so that it can be read again with other columns; until it is started."""

    __tablename__ = "list_files"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("bulk_imports.id"), primary_key=True, autoincrement=False
    )
    # What was found: domain/imports/layouts.py::Layout.
    found: Mapped[dict[str, Any]] = mapped_column(JSON)
    # What an admin has chosen: domain/imports/layouts.py::Choice.
    chosen: Mapped[dict[str, Any]] = mapped_column(JSON)


class ListFilePiece(Model):
    """A piece of such a file: as a whole it would be in memory more than once."""

    __tablename__ = "list_file_pieces"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("list_files.import_id"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ColumnChoice(Model):
    """Which columns an organization's admins last chose for files with the same header."""

    __tablename__ = "column_choices"

    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organizations.id"), primary_key=True, autoincrement=False
    )
    # SHA-256 of the names of the columns, in any order.
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    # The name of each field's column, and which of the columns of that name it is.
    columns: Mapped[dict[str, Any]] = mapped_column(JSON)
    chosen_at: Mapped[datetime]
