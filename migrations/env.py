"""Alembic's entry: the application's own engine and metadata."""

from __future__ import annotations

from alembic import context
from alembic.util import CommandError
from flask import current_app
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from webapp import (
    models,  # noqa: F401 - fills the metadata
    outages,
)
from webapp.column_types import UTCDateTime
from webapp.connections import writing
from webapp.db import Base
from webapp.outages import Outage

LOCK_SECONDS = 5
ALONE = 7_216_503_411  # a number that no other advisory lock has
BUSY = (
    "Another transaction has held a table for too long, so nothing was changed. Run this again; "
    "if it stays so, look for a transaction that does not end."
)


def is_a_models(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a table is one of a model: the search's is each database's own (0009)."""
    return kind != "table" or not (name or "").startswith("invitation_search")


def plain(kind: str, item: object, _context: object) -> str | bool:
    """Migrations name database types only, so that they outlive the code of their day."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run(connection: Connection) -> None:
    """All migrations in one transaction: if it is interrupted, nothing was changed."""
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        # Altering a column makes the table anew; dropping the old one must not touch what refers
        # to it. Said to the driver itself, as it has no effect inside a transaction.
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=is_sqlite,
        # Alembic's default for SQLite is a transaction for each, as its driver begins none before
        # DDL; ours does (webapp/connections.py).
        transactional_ddl=True,
        render_item=plain,
        include_name=is_a_models,
    )
    with context.begin_transaction():
        if not is_sqlite:
            limit(connection)
            # Two at once: the second waits, and finds nothing left to do.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ALONE})")
        context.run_migrations()
        if is_sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise RuntimeError(f"references are broken, nothing was changed: {broken[:5]}")


def limit(connection: Connection) -> None:
    """How long to wait, in this transaction only: a pooler lends its connection to others."""
    # While a migration waits for a table, all other requests for it wait as well.
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    # The server's own limits are for requests: an index of a large table may take longer.
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


engine = current_app.extensions["migrate"].db.engine

with engine.connect().execution_options(**writing(engine.dialect)) as connection:
    try:
        run(connection)
    except DBAPIError as error:
        if outages.of(error) is not Outage.BUSY:
            raise
        raise CommandError(BUSY) from None
    finally:
        connection.invalidate()  # the next one enforces references again
