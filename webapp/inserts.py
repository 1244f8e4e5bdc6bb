"""Writing new rows at once, by statements that are built once for their table."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Executable, LargeBinary, Table
from sqlalchemy.orm import make_transient_to_detached

from webapp.db import Base, db, rows

M = TypeVar("M", bound=Base)


def insert(model: type[M], values: Mapping[str, Any]) -> M:
    """Write one new row at once; returns it as an object of the session.

    The unit of work takes three times as long for it. What the row refers to has to be written.
    """
    session = db.session()
    if "after_commit" not in session.info:
        raise RuntimeError("a write outside a transaction")
    (key,) = rows(_insertion(model), values).one()
    made = model(id=key, **{**_defaults(model), **values})
    make_transient_to_detached(made)
    session.add(made)
    return made


def insert_many(table: Table, new_rows: Sequence[Mapping[str, Any]]) -> None:
    """Write many rows at once, all with the same columns; none of them becomes an object.

    SQLite's driver gets values that are made ready column by column: SQLAlchemy does it value by
    value, which takes as long as writing them.
    """
    connection = db.session.connection()
    dialect = connection.dialect
    if dialect.name != "sqlite":
        connection.execute(table.insert(), new_rows)
        return
    names = tuple(new_rows[0])
    columns = []
    for name in names:
        values = [row[name] for row in new_rows]
        kind = table.c[name].type
        # Bytes are taken as they are; SQLAlchemy would wrap each.
        plain = isinstance(kind, LargeBinary)
        ready = None if plain else kind.dialect_impl(dialect).bind_processor(dialect)
        columns.append(list(map(ready, values)) if ready else values)
    connection.exec_driver_sql(_text(table, names), list(zip(*columns, strict=True)))


@functools.cache
def _text(table: Table, names: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(names))
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 - ours


@functools.cache
def _insertion(model: type[Base]) -> Executable:
    table: Any = model.__table__
    return table.insert().returning(table.c.id)  # type: ignore[no-any-return]


@functools.cache
def _defaults(model: type[Base]) -> Mapping[str, Any]:
    """What the columns hold that are not given, so that they need not be read afterwards."""
    columns = [one for one in model.__table__.columns if not one.primary_key]
    plain = [one for one in columns if one.default is None or one.default.is_scalar]
    return {one.key: one.default.arg if one.default else None for one in plain}
