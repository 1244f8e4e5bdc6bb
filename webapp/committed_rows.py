"""Rows read and changed beside the session, for a request that asks for one and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Executable, Row

from webapp import begun
from webapp.connections import writing_once
from webapp.db import db
from webapp.sqlite_write_lock import write_lock


def one(statement: Executable, values: Mapping[str, Any]) -> Row[Any] | None:
    """The one row of a statement as it is committed, or None: in half of a session's time."""
    with db.engine.connect() as connection:
        return connection.execute(statement, values).one_or_none()


def change(statement: Executable, values: Mapping[str, Any]) -> bool:
    """Change the one row of a statement, which is a transaction of its own; whether it was there.

    For what one statement decides: of two at once, one finds the row as it was.
    """
    engine = db.engine
    begun.note(db.session())
    with write_lock(engine), engine.connect() as connection:
        connection.execution_options(**writing_once(connection))
        count = connection.execute(statement, values).rowcount
        connection.commit()
    return count == 1
