"""What is in the database, whatever the tables and columns are called."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, inspect, text

from webapp.db import db


def where_is(word: str) -> list[tuple[str, tuple[Any, ...]]]:
    """Each row of any table that holds the word, in whatever column and case."""
    db.session.rollback()
    return [
        (table, tuple(row))
        for table in filled(db.session.connection())
        for row in db.session.execute(text(f"SELECT * FROM {table}"))
        if word.casefold() in str(tuple(row)).casefold()
    ]


def filled(connection: Connection) -> list[str]:
    """The tables that may have rows, also those of the search index: most tests fill few."""
    if connection.dialect.name == "postgresql":
        # A table is a file that is empty until the first row is written to it.
        asked = (
            "SELECT relname FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0"
        )
    else:
        tables = inspect(connection).get_table_names()
        each = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables)
        asked = " UNION ALL ".join(each)
    return list(connection.exec_driver_sql(asked).scalars())
