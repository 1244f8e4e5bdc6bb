"""Lists of people in files, as spreadsheets and other programs save them."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import chain, islice
from typing import BinaryIO

from webapp import formats
from webapp.domain.errors import Refusal
from webapp.domain.imports import (
    charsets,
    columns,
    delimited,
    file_kinds,
    guesses,
    layouts,
    workbooks,
)
from webapp.domain.imports.charsets import Charset
from webapp.domain.imports.choices import Choice
from webapp.domain.imports.columns import ImportLine
from webapp.domain.imports.layouts import Layout, Row, Unclear
from webapp.domain.imports.reading import ROWS_MOST, refuse_many
from webapp.languages import gettext, marked

LINES_MOST = 4 * ROWS_MOST  # with the empty ones
COPY_BYTES = 1024 * 1024  # in memory, more on disk
NAMES_MOST = 12
SEVERAL = marked("Several columns of this file hold addresses. Choose one.")
FOUND = marked("Its columns: %(columns)s.")


def uploaded(stream: BinaryIO, choice: Choice = Choice()) -> Iterator[ImportLine]:  # noqa: B008
    """The people in a file, streamed from its start; empty lines are skipped.

    Raises Refusal that says what the file is instead, or what is wrong with it as a whole; Unclear
    when somebody who knows the file can say which column holds the addresses.
    """
    with plain(stream) as text, _filled_rows(text, _charset(text, choice)) as rows:
        head = list(islice(rows, layouts.SEEN))
        layout = layouts.find(head, choice)
        if layout.doubt:
            _refuse(layout, chain(head, rows))
        held = columns.held(layout.taken, layout.width)
        for count, (number, cells) in enumerate(chain(head[layout.start :], rows), 1):
            refuse_many(count, "file")
            line = columns.person(number, cells, held)
            yield replace(line, role=choice.role(line.role))


def look(stream: BinaryIO, choice: Choice = Choice()) -> Layout:  # noqa: B008
    """The columns of a file and, if it is guessed, its character set; raises Refusal."""
    with plain(stream) as text:
        charset = _charset(text, choice)
        with _filled_rows(text, charset) as rows:
            layout = layouts.find(list(islice(rows, layouts.SEEN)), choice)
    if not charset.cells:
        return layout
    return replace(layout, charset=charset.name, samples=charset.samples())


@contextmanager
def plain(stream: BinaryIO) -> Iterator[BinaryIO]:
    """The file itself if it is text, or the rows of a workbook as such a file.

    A workbook takes far longer to read than CSV, and lists are read more than once.
    """
    if file_kinds.of(stream) == file_kinds.TEXT:
        yield stream
        return
    with tempfile.SpooledTemporaryFile(COPY_BYTES) as copy:
        text = io.TextIOWrapper(copy, "utf-8-sig", errors="replace", newline="")
        try:
            text.write("sep=,\n")
            with closing(workbooks.rows(stream)) as rows:
                csv.writer(text).writerows(cells for _, cells in _few(rows))
        finally:
            text.detach()
        yield copy  # type: ignore[misc]


def _charset(stream: BinaryIO, choice: Choice) -> Charset:
    charset = charsets.of(stream)
    if choice.charset in charsets.CHOICES and charset.cells:
        return replace(charset, name=choice.charset)
    return charset


@contextmanager
def _filled_rows(stream: BinaryIO, charset: Charset) -> Iterator[Iterator[Row]]:
    """The rows that are not empty; afterwards nothing reads the file any more."""
    with closing(delimited.rows(stream, charset.name)) as rows:
        yield (row for row in _few(rows) if any(cell.strip() for cell in row[1]))


def _few(rows: Iterable[Row]) -> Iterator[Row]:
    for number, cells in rows:
        if number > LINES_MOST:
            most = formats.number(LINES_MOST)
            raise Refusal(gettext("This file has more than %(most)s lines.", most=most), "file")
        yield number, cells


def _refuse(layout: Layout, rows: Iterable[Row]) -> None:
    """Ask for the column of addresses if the file has any; a file without rows is just empty."""
    is_empty = True
    for _, cells in rows:
        is_empty = False
        if any("@" in cell for cell in cells):
            raise Unclear(words(layout), "file")
    if not is_empty:
        raise Refusal(words(layout), "file")


def words(layout: Layout) -> str:
    """Why nobody can tell which column holds the addresses, and which columns there are."""
    names = [f"“{name}”" for name in layout.names if name][:NAMES_MOST]
    found = gettext(FOUND, columns=", ".join(names)) if names else ""
    if layout.doubt == guesses.SEVERAL:
        return f"{gettext(SEVERAL)} {found}".strip()
    if layout.doubt in (guesses.NOBODY, None):
        return f"{gettext(layouts.NO_COLUMN, columns=columns.EXAMPLE)} {found}".strip()
    return gettext(columns.TWINS, name=columns.called(layout.doubt))
