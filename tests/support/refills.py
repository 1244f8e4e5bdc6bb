"""Putting a database on PostgreSQL right after a test, which takes a tenth of making a new copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

Connect = Callable[[str], "psycopg.Connection[Any]"]

# Whatever a migration or a test can change: tables, columns, constraints, indexes, triggers.
SHAPE = """
select md5(string_agg(line, E'\\n' order by line)) from (
  select concat_ws(' ', c.relname, c.relkind, a.attname, a.atttypid, a.atttypmod, a.attnotnull,
                   a.atthasdef) as line
    from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    where c.relnamespace = 'public'::regnamespace
  union all
  select concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint
    where connamespace = 'public'::regnamespace
  union all
  select concat_ws(' ', i.indexrelid::regclass, i.indisvalid, pg_get_indexdef(i.indexrelid))
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relnamespace = 'public'::regnamespace
  union all
  select concat_ws(' ', tgrelid::regclass, tgname, tgenabled) from pg_trigger
  union all
  select concat_ws(' ', proname, md5(prosrc)) from pg_proc
    where pronamespace = 'public'::regnamespace
) as lines
"""
TABLES = "select tablename from pg_tables where schemaname = 'public' order by 1"
FILLED = """
select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
  and pg_relation_size(oid) > 0
"""
SEQUENCES = "select sequencename, last_value from pg_sequences where schemaname = 'public'"
OTHERS = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()
"""


class Contents(NamedTuple):
    """All rows of a database, and what shape they are in."""

    shape: str
    rows: dict[str, bytes]
    sequences: list[tuple[str, int | None]]


_known: dict[str, Contents] = {}


def put_right(connect: Connect, name: str, source: str) -> bool:
    """Give a copy the rows of its source again; False when it has other tables by now."""
    contents = _known.get(source) or _known.setdefault(source, _read(connect, source))
    with connect(name) as there:
        there.execute(OTHERS)
        if _shape(there) != contents.shape:
            return False
        with there.transaction():
            there.execute("set local session_replication_role = replica")  # no triggers
            for (table,) in there.execute(FILLED).fetchall():
                there.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
            for table, rows in contents.rows.items():
                statement = sql.SQL("copy {} from stdin").format(sql.Identifier(table))
                with there.cursor().copy(statement) as copy:
                    copy.write(rows)
            for sequence, last in contents.sequences:
                there.execute(
                    "select setval(%s::regclass, %s, %s)", (sequence, last or 1, last is not None)
                )
    return True


def forget(source: str) -> None:
    """A source was dropped: one of the same name may hold something else."""
    _known.pop(source, None)


def _read(connect: Connect, source: str) -> Contents:
    with connect(source) as there:
        rows = {}
        for (table,) in there.execute(TABLES).fetchall():
            statement = sql.SQL("copy {} to stdout").format(sql.Identifier(table))
            with there.cursor().copy(statement) as copy:
                rows[table] = b"".join(bytes(one) for one in copy)
        return Contents(
            _shape(there),
            {table: found for table, found in rows.items() if found},
            there.execute(SEQUENCES).fetchall(),
        )


def _shape(there: psycopg.Connection[Any]) -> str:
    found = there.execute(SHAPE).fetchone()
    assert found
    return str(found[0])
