"""Which constraint of the database refused a write."""

from __future__ import annotations

from sqlalchemy import Index, MetaData, UniqueConstraint
from sqlalchemy.exc import IntegrityError


def violated(error: IntegrityError, metadata: MetaData) -> str | None:
    """The name of the unique constraint or index that refused a write, on both databases."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        name = diagnosis.constraint_name
        return None if name is None else str(name)
    prefix = "UNIQUE constraint failed: "
    text = str(error.orig)
    if not text.startswith(prefix):
        return None
    columns = set(text.removeprefix(prefix).split(", "))
    for table in metadata.tables.values():
        uniques: list[Index | UniqueConstraint] = [i for i in table.indexes if i.unique]
        uniques += [c for c in table.constraints if isinstance(c, UniqueConstraint)]
        for unique in uniques:
            if columns == {f"{table.name}.{column.name}" for column in unique.columns}:
                return str(unique.name)
    return None
