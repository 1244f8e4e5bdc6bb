"""What would break the previous release on a newer schema, read from two databases' own catalogues.

Both releases run side by side during an upgrade: the old one reads and writes its own columns, and
knows nothing of the new ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.engine import Connection, Engine

Column = dict[str, Any]
_QUOTED = re.compile(r"'([^']*)'")


@dataclass(frozen=True)
class Table:
    """A table as a database describes it."""

    columns: dict[str, Column]
    key: frozenset[str]
    checks: dict[str, str]
    uniques: frozenset[tuple[str, ...]]
    references: frozenset[tuple[str, ...]]


def schema(engine: Engine | Connection) -> dict[str, Table]:
    """All tables of the database but those of SQLite's search."""
    look = inspect(engine)
    names = [name for name in look.get_table_names() if not name.startswith("invitation_search")]
    return {
        name: Table(
            {column["name"]: dict(column) for column in look.get_columns(name)},
            frozenset(map(str, look.get_pk_constraint(name)["constrained_columns"])),
            {str(one["name"]): one["sqltext"] for one in look.get_check_constraints(name)},
            frozenset(
                tuple(sorted(map(str, one["column_names"])))
                for one in [
                    *look.get_unique_constraints(name),
                    *(index for index in look.get_indexes(name) if index["unique"]),
                ]
            ),
            frozenset(
                tuple(sorted(one["constrained_columns"])) for one in look.get_foreign_keys(name)
            ),
        )
        for name in names
    }


def objections(before: dict[str, Table], after: dict[str, Table]) -> Iterator[str]:
    """What the code that was written for `before` would meet in `after`, in words."""
    for name, table in before.items():
        if name not in after:
            yield f"{name}: dropped or renamed"
            continue
        yield from (f"{name}.{words}" for words in _columns(table, after[name]))
        yield from (f"{name}: {words}" for words in _constraints(table, after[name]))


def _columns(before: Table, after: Table) -> Iterator[str]:
    for name, column in before.columns.items():
        new = after.columns.get(name)
        if new is None:
            yield f"{name}: dropped or renamed"
            continue
        if column["nullable"] and not new["nullable"]:
            yield f"{name}: NULL is refused now"
        if column.get("default") is not None and new.get("default") is None and not new["nullable"]:
            yield f"{name}: has no default any more"
        if not _holds(new["type"], column["type"]):
            yield f"{name}: {column['type']} became {new['type']}"
    for name in after.columns.keys() - before.columns.keys():
        new = after.columns[name]
        if not new["nullable"] and new.get("default") is None:
            yield f"{name}: is new, NOT NULL and without a default"


def _holds(new: Any, old: Any) -> bool:
    """Whether the new type takes all that the old one took."""
    lengths = [getattr(one, "length", None) for one in (new, old)]
    if None not in lengths:
        return type(new) is type(old) and lengths[0] >= lengths[1]
    return str(new) == str(old)


def _constraints(before: Table, after: Table) -> Iterator[str]:
    for name, words in after.checks.items():
        old = before.checks.get(name)
        if old is None:
            yield f"the check {name} is new"
        elif _shape(old) != _shape(words) or not _words(old) <= _words(words):
            yield f"the check {name} takes other values: {words}"
    for one in after.uniques - before.uniques:
        if not before.key or not before.key <= set(one):  # with the key in it, it always was
            yield f"{', '.join(one)}: unique now"
    known = before.columns.keys()
    for one in after.references - before.references:
        if set(one) <= known:
            yield f"{', '.join(one)}: refers to a row now"


def _words(check: str) -> set[str]:
    return set(_QUOTED.findall(check))


def _shape(check: str) -> str:
    """A check without its words, and without what a database writes in other ways."""
    return re.sub(r"[\s(),]|::\w+(\[\])?|charactervarying|text", "", _QUOTED.sub("", check))
