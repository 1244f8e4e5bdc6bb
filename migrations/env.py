"""Alembic's entry: the application's own engine and metadata."""

from __future__ import annotations

from alembic import context
from flask import current_app

from webapp import models  # noqa: F401 - fills the metadata
from webapp.column_types import UTCDateTime
from webapp.connections import writing
from webapp.db import Base


def is_a_models(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a table is one of a model: the search's is each database's own (0009)."""
    return kind != "table" or not (name or "").startswith("invitation_search")


def plain(kind: str, item: object, _context: object) -> str | bool:
    """Migrations name database types only, so that they outlive the code of their day."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


engine = current_app.extensions["migrate"].db.engine

with engine.connect().execution_options(**writing(engine.dialect)) as connection:
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        # Altering a column makes the table anew; dropping the old one must not touch what refers
        # to it. Said to the driver itself, as it has no effect inside a transaction.
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
    else:
        # Its own wait for a table that is in use is the operator's to end.
        connection.connection.driver_connection.execute("SET lock_timeout = 0")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=sqlite,
        render_item=plain,
        include_name=is_a_models,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise RuntimeError(f"references are broken, nothing was changed: {broken[:5]}")
    connection.invalidate()  # the next one enforces references again
