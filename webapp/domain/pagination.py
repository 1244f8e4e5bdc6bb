"""A page of an ordered table, found from the last row of the one before (keyset).

So the millionth page costs what the first does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from webapp.db import db
from webapp.domain import cursors

Row = TypeVar("Row")
Place = tuple[Any, ...]
SLUGS = (cursors.text,)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one page, and the cursors of the pages beside it: None where there is none.

    A table ordered by id leads back only to its first page: it has no `previous`.
    """

    rows: Sequence[Row]
    previous: str | None = None
    next: str | None = None
    is_first: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page: the one after or before a cursor, the last, or else the first.

    A cursor that is no place of the table is ignored; `size` is how many rows a page has.
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
    """The requested page of a table whose places have values of these `kinds`.

    `find` returns the first rows from a place on (None: from the end), backwards if asked, up to
    a number; `place` is the place of a row.
    """
    start = cursors.read(asked.after or asked.before, kinds)
    backwards = asked.last or (asked.before is not None and start is not None and not asked.after)
    start = None if asked.last else start
    rows = find(start, backwards, asked.size + 1)
    has_more, rows = len(rows) > asked.size, rows[: asked.size]
    if backwards:
        rows.reverse()
    has_before = has_more if backwards else start is not None
    has_after = (not asked.last) if backwards else has_more
    return Page(
        rows,
        cursors.write(place(rows[0])) if rows and has_before else None,
        cursors.write(place(rows[-1])) if rows and has_after else None,
        not has_before,
    )


def by_slug(query: Any, slug: Any, after: str | None, size: int) -> Page[Any]:
    """The page after a cursor of a table that is ordered by this column of slugs alone."""

    def find(start: Place | None, backwards: bool, limit: int) -> list[Any]:
        found = query.order_by(slug).limit(limit)
        return list(db.session.scalars(found.where(slug > start[0]) if start else found))

    return cut(Asked(after, None, False, size), SLUGS, find, lambda row: (row.slug,))


def is_slug_place(cursor: str) -> bool:
    """Whether the text is a place in such a table."""
    return cursors.read(cursor, SLUGS) is not None


def by_id(rows: Sequence[Row], start: int, size: int, id_of: Callable[[Row], int]) -> Page[Row]:
    """The page after the id `start` (0: the first), from its rows and one more if there is one.

    For tables ordered by an id alone, which is also the cursor.
    """
    page_rows = rows[:size]
    following = str(id_of(page_rows[-1])) if len(rows) > size else None
    return Page(page_rows, next=following, is_first=not start)
