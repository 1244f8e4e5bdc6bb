"""Statements that are compiled once and run past SQLAlchemy's results, for what is asked all day.

Those results take five times as long as the database itself.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Executable, PoolProxiedConnection, Select
from sqlalchemy.exc import DBAPIError

from webapp import begun, poolers
from webapp.connections import writing
from webapp.db import db, is_writing
from webapp.sqlite_write_lock import write_lock

Convert = Callable[[Any], Any]


class _Compiled(NamedTuple):
    sql: str
    names: Sequence[str] | None  # of the values in the statement's order; None: they go by name
    constants: dict[str, Any]  # values that are the statement's own
    writers: dict[str, Convert]  # how values are written, for those that need it
    readers: Sequence[Convert | None]  # how each column is read

    def given(self, values: dict[str, Any]) -> Any:
        """The values as the driver takes them."""
        values = {**self.constants, **values}
        for name, write in self.writers.items():
            values[name] = write(values[name])
        return values if self.names is None else [values[name] for name in self.names]


class _Prepared:
    """A statement, compiled once for each kind of database."""

    def __init__(self, statement: Executable) -> None:
        self._statement: Any = statement
        self._compiled: dict[str, _Compiled] = {}

    def _for(self, dialect: Dialect) -> _Compiled:
        known = self._compiled.get(dialect.name)
        if known is None:
            known = self._compiled[dialect.name] = self._compile(dialect)
        return known

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled: Any = self._statement.compile(dialect=dialect)
        binds = compiled.binds
        constants = {name: bind.value for name, bind in binds.items() if not bind.required}
        found = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect)
            for name, bind in binds.items()
        }
        writers = {name: write for name, write in found.items() if write}
        columns = getattr(self._statement, "selected_columns", ())
        readers = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
        ]
        return _Compiled(str(compiled), compiled.positiontup, constants, writers, readers)


class PreparedRead(_Prepared):
    """A statement that finds one row at most."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        super().__init__(statement)
        self._row: Any = namedtuple("_row", statement.selected_columns.keys())  # type: ignore[misc]

    def one(self, **values: Any) -> Any:
        """The row as it is committed, its columns by name; None if there is none."""
        engine = db.engine
        compiled = self._for(engine.dialect)
        connection = engine.raw_connection()
        try:
            with _cursor(connection, engine.dialect) as cursor:
                cursor.execute(compiled.sql, compiled.given(values))
                found = cursor.fetchone()
        except DBAPIError:
            return self._again(values)
        if found is None:
            return None
        pairs = zip(compiled.readers, found, strict=True)
        return self._row._make(read(value) if read else value for read, value in pairs)

    def _again(self, values: dict[str, Any]) -> Any:
        """By another connection; what fails once more is raised as everywhere else."""
        with db.engine.connect() as connection:
            return connection.execute(self._statement, values).one_or_none()


class PreparedChange(_Prepared):
    """A statement that changes one row at most, and is a transaction of its own.

    For what one statement decides: of two at once, one finds the row as it was.
    """

    def once(self, **values: Any) -> bool:
        """Whether the row was there; raises RuntimeError inside a transaction."""
        if is_writing():
            raise RuntimeError("a transaction inside another one")
        engine = db.engine
        begun.note()
        with write_lock(engine):
            connection = engine.raw_connection()
            if connection.info.get(poolers.POOLED):
                connection.close()
                return self._by_pooler(values)
            compiled = self._for(engine.dialect)
            with _cursor(connection, engine.dialect) as cursor:
                cursor.execute(compiled.sql, compiled.given(values))
                return bool(cursor.rowcount == 1)

    def _by_pooler(self, values: dict[str, Any]) -> bool:
        """In a transaction that brings its settings."""
        with db.engine.connect() as connection:
            connection.execution_options(**writing(connection.dialect))
            count = connection.execute(self._statement, values).rowcount
            connection.commit()
        return count == 1


@contextmanager
def _cursor(connection: PoolProxiedConnection, dialect: Dialect) -> Iterator[Any]:
    """A cursor of a connection, which is left for good if anything goes wrong.

    Raises what SQLAlchemy would, which is how an outage is known.
    """
    error_class = dialect.loaded_dbapi.Error
    try:
        cursor = connection.cursor()
        yield cursor
        cursor.close()
    except error_class as error:
        is_cut = dialect.is_disconnect(error, connection.dbapi_connection, None)
        connection.invalidate()
        raise DBAPIError.instance(None, None, error, error_class, True, is_cut, dialect) from error
    except BaseException:
        connection.invalidate()
        raise
    connection.close()
