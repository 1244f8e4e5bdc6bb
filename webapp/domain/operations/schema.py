"""Which migration the database is at, and which ones this program has."""

from __future__ import annotations

import functools

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webapp import config
from webapp.db import db


def present() -> str | None:
    """The migration that the database is at; None if it has none, or does not answer."""
    try:
        version: str | None = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        return version
    except SQLAlchemyError:
        db.session.rollback()
        return None


def is_known(version: str | None) -> bool:
    """Whether this program has that migration, so that it can bring the database up to date."""
    return version in {script.revision for script in _scripts().walk_revisions()}


def newest() -> str | None:
    """The migration that this program needs."""
    return _scripts().get_current_head()


@functools.cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(config.ROOT / "migrations"))
