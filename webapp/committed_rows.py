"""Rows read beside the session, for a request that asks for one and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Executable, Row

from webapp.db import db


def one(statement: Executable, values: Mapping[str, Any]) -> Row[Any] | None:
    """The one row of a statement as it is committed, or None: in half of a session's time."""
    with db.engine.connect() as connection:
        return connection.execute(statement, values).one_or_none()
