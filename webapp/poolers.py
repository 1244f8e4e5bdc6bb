"""PostgreSQL behind a pooler such as PgBouncer in transaction mode, found out on connecting.

There each transaction may run on another connection to the server, shared with others. So nothing
can be kept on it: no prepared statements, which the next transaction would not find, and no
settings, which others would get.
"""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy.engine import Connection

POOLED = "gatehouse_pooled"


def look(connection: psycopg.Connection[Any]) -> bool:
    """Whether something is between us and the server; if so, prepare no statements.

    A server says on connecting by which number it can be asked to cancel a statement: its process.
    A pooler gives a number of its own, as it does not know yet which server will answer.
    """
    (process,) = connection.execute("SELECT pg_backend_pid()", prepare=False).fetchone() or (None,)
    is_pooled = process != connection.info.backend_pid
    if is_pooled:
        connection.prepare_threshold = None
    return is_pooled


def is_pooled(connection: Connection) -> bool:
    """Whether this connection was found to be a pooler's."""
    return bool(connection.info.get(POOLED))
