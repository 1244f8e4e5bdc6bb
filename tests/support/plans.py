"""How a database means to go about a query, with the very parameters that it gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import event

from webapp.db import db


def plan(query: Any) -> str:
    """The database's own words, one line per step."""
    words = "EXPLAIN QUERY PLAN " if db.engine.dialect.name == "sqlite" else "EXPLAIN "
    return "\n".join(str(row[-1]) for row in _explained(query, words))


def cost(query: Any) -> int:
    """What a query takes, whatever else the machine does: pages touched, or steps in SQLite."""
    connection = db.session.connection()
    if db.engine.dialect.name == "sqlite":
        steps, driver = [0], connection.connection.driver_connection

        def count() -> int:
            steps[0] += 1
            return 0

        driver.set_progress_handler(count, 10)
        connection.execute(query).all()
        driver.set_progress_handler(None, 0)
        return steps[0]
    told = _explained(query, "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ")[0][0][0]["Plan"]
    return int(told["Shared Hit Blocks"] + told["Shared Read Blocks"])


def plans(act: Callable[[], Any]) -> list[str]:
    """How it means to go about each query that a call makes."""
    words = "EXPLAIN QUERY PLAN " if db.engine.dialect.name == "sqlite" else "EXPLAIN "
    connection = db.session.connection()
    return [
        "\n".join(str(row[-1]) for row in connection.exec_driver_sql(words + statement, parameters))
        for statement, parameters in said(act)
    ]


def _explained(query: Any, words: str) -> Sequence[Any]:
    connection = db.session.connection()
    statement, parameters = said(lambda: connection.execute(query).all())[0]
    return connection.exec_driver_sql(words + statement, parameters).all()


def said(act: Callable[[], Any]) -> list[tuple[str, Any]]:
    """The statements that a call sends, with their parameters."""
    found: list[tuple[str, Any]] = []

    def listen(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any
    ) -> None:
        found.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)
    return found
