"""Statements that are compiled once and read past SQLAlchemy's results, for what is asked all day.

Those results take five times as long as the database itself.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Dialect, PoolProxiedConnection, Select

from webapp import committed_rows
from webapp.db import db


class _Compiled(NamedTuple):
    sql: str
    names: list[str] | None  # of the values in the statement's order; None: they go by name
    readers: Sequence[Callable[[Any], Any] | None]  # how each column is read


class PreparedRead:
    """A statement that finds one row at most; its values are texts."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._row: Any = namedtuple("_row", statement.selected_columns.keys())  # type: ignore[misc]
        self._compiled: dict[str, _Compiled] = {}

    def one(self, **values: str) -> Any:
        """The row as it is committed, its columns by name; None if there is none."""
        engine = db.engine
        sql, names, readers = self._for(engine.dialect)
        given = values if names is None else [values[name] for name in names]
        try:
            found = _first(engine.raw_connection(), sql, given)
        except engine.dialect.loaded_dbapi.Error:
            # Again, by another connection; what fails once more is raised as everywhere else.
            return committed_rows.one(self._statement, values)
        if found is None:
            return None
        pairs = zip(readers, found, strict=True)
        return self._row._make(read(value) if read else value for read, value in pairs)

    def _for(self, dialect: Dialect) -> _Compiled:
        known = self._compiled.get(dialect.name)
        if known is None:
            compiled = self._statement.compile(dialect=dialect)
            readers = [
                column.type.dialect_impl(dialect).result_processor(dialect, None)
                for column in self._statement.selected_columns
            ]
            known = _Compiled(str(compiled), compiled.positiontup, readers)
            self._compiled[dialect.name] = known
        return known


def _first(connection: PoolProxiedConnection, sql: str, given: Any) -> Any:
    try:
        cursor = connection.cursor()
        cursor.execute(sql, given)
        found = cursor.fetchone()
        cursor.close()
    except BaseException:
        connection.invalidate()
        raise
    connection.close()
    return found
