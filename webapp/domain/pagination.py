"""A page of an ordered table, found from the last row of the one before (keyset).

So the millionth page costs what the first does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from webapp.domain import cursors

Row = TypeVar("Row")
Place = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one page, and the cursors of the pages beside it: None where there is none.

    A table by ids has no way back but to its first page, so no `previous`.
    """

    rows: Sequence[Row]
    previous: str | None = None
    next: str | None = None
    is_first: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page: the one after or before a cursor, the last, or else the first.

    A cursor that is no place of the table is none; `size` is how many rows a page has.
    """

    after: str | None
    before: str | None
    last: bool
    size: int


def cut(
    asked: Asked,
    kinds: Sequence[Callable[[Any], Any]],
    find: Callable[[Place | None, bool, int], list[Row]],
    place: Callable[[Row], Place],
) -> Page[Row]:
    """The page that is asked for, of a table whose places have values of these `kinds`.

    `find` gives the first so many rows from a place on (None: from the end), going backwards if
    told so; `place` says where a row stands.
    """
    start = cursors.read(asked.after or asked.before, kinds)
    backwards = asked.last or (asked.before is not None and start is not None and not asked.after)
    start = None if asked.last else start
    found = find(start, backwards, asked.size + 1)
    more, rows = len(found) > asked.size, found[: asked.size]
    if backwards:
        rows.reverse()
    has_before = more if backwards else start is not None
    has_after = (not asked.last) if backwards else more
    return Page(
        rows,
        cursors.write(place(rows[0])) if rows and has_before else None,
        cursors.write(place(rows[-1])) if rows and has_after else None,
        not has_before,
    )


def by_id(found: Sequence[Row], start: int, size: int, id_of: Callable[[Row], int]) -> Page[Row]:
    """The page that begins beside an id (0: the first), of one row more than it has, if there is.

    For tables in the order of an id alone, which itself is the cursor.
    """
    rows = found[:size]
    more = str(id_of(rows[-1])) if len(found) > size else None
    return Page(rows, next=more, is_first=not start)
