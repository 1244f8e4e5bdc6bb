"""Alembic's entry: the application's own engine and metadata."""

from __future__ import annotations

from alembic import context
from flask import current_app

from webapp import models  # noqa: F401 - fills the metadata
from webapp.db import WRITES, Base, UTCDateTime


def plain(kind: str, item: object, _context: object) -> str | bool:
    """Migrations name database types only, so that they outlive the code of their day."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


engine = current_app.extensions["migrate"].db.engine

with engine.connect().execution_options(**{WRITES: True}) as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=engine.dialect.name == "sqlite",  # SQLite cannot alter a column in place
        render_item=plain,
    )
    with context.begin_transaction():
        context.run_migrations()
