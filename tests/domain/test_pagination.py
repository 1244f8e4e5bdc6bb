"""Pages of tables that are in the order of an id; those by cursors are tried with their tables."""

from __future__ import annotations

from webapp.domain import pagination


def walk(ids, size):
    """All pages of these ids, asked for as the tables do: one row more than a page has."""
    start = 0
    while True:
        found = [number for number in ids if number > start][: size + 1]
        page = pagination.by_id(found, start, size, lambda number: number)
        yield page
        if page.next is None:
            return
        start = int(page.next)


def test_pages_by_id_hold_every_row_once_and_end():
    for count in range(6):
        pages = list(walk(range(1, count + 1), 2))
        assert [number for page in pages for number in page.rows] == list(range(1, count + 1))
        assert all(len(page.rows) == 2 for page in pages[:-1])
        assert [page.is_first for page in pages] == [True, *[False] * (len(pages) - 1)]
        assert all(page.previous is None for page in pages)
