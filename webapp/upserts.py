"""Inserting rows where some may be there already: `insert … on conflict`, on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Result, Table
from sqlalchemy.dialects import postgresql, sqlite

from webapp.db import Base, db


def upsert(
    model: type[Base],
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    returning: Sequence[Any] = (),
    **conflict: Any,
) -> Result[Any]:
    """Insert a row, or several, in the present transaction; see `statement` for conflicts.

    Returns these columns of the rows that were inserted or changed, and only of those.
    """
    session = db.session()
    session.flush()
    dialect = session.get_bind().dialect.name
    insert = statement(dialect, model, returning=returning, **conflict)
    result: Result[Any] = session.execute(insert, values)
    return result


def statement(
    dialect: str,
    model: type[Base],
    *,
    on: Sequence[str] = (),
    on_where: Any = None,
    update: Sequence[str] = (),
    add: Sequence[str] = (),
    where: Any = None,
    returning: Sequence[Any] = (),
) -> Any:
    """The insert whose row, if it meets one with the same columns `on`, changes that one instead.

    Columns to `update` take the new row's value, columns to `add` are increased by it, both only
    `where` the row that was there is so. With neither, that row stays as it is. `on_where` is the
    condition of a partial index; with no `on`, every unique constraint counts.
    """
    table: Any = model.__table__
    insert = _insert(dialect, table)
    target = {"index_elements": list(on) or None, "index_where": on_where}
    changes = {name: insert.excluded[name] for name in update}
    changes |= {name: table.c[name] + insert.excluded[name] for name in add}
    if changes:
        insert = insert.on_conflict_do_update(**target, set_=changes, where=where)
    else:
        insert = insert.on_conflict_do_nothing(**target)
    return insert.returning(*returning) if returning else insert


def _insert(dialect: str, table: Table) -> Any:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
