"""What a database is asked, by whatever way: SQLAlchemy's own events miss what goes past it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, event

# The last two: is the connection alive, and what triggers do.
FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", ";", "--")


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The SQL that connections of the pool are given inside the block, without what frames it."""
    seen: list[str] = []

    def see(statement: str) -> None:
        if not statement.startswith(FRAME):
            seen.append(statement)

    class Noting(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **named: Any) -> Any:
            see(str(query))
            return super().execute(query, *args, **named)

    def note(connection: Any, *_: Any) -> None:
        if engine.dialect.name == "sqlite":
            connection.set_trace_callback(see)
        else:
            connection.cursor_factory = Noting

    event.listen(engine, "checkout", note)
    try:
        yield seen
    finally:
        event.remove(engine, "checkout", note)
        engine.dispose()  # its connections go on noting
