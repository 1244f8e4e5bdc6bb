"""Where a word is in the database, whatever the column is called."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect, text

from webapp.db import db


def where_is(word: str) -> list[tuple[str, tuple[Any, ...]]]:
    """Each row of any table that holds the word, in whatever column and case."""
    db.session.rollback()
    return [
        (table, tuple(row))
        for table in inspect(db.engine).get_table_names()
        for row in db.session.execute(text(f"SELECT * FROM {table}"))
        if word.casefold() in str(tuple(row)).casefold()
    ]
