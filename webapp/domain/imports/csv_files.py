"""Lists of people as every spreadsheet saves them.

Three rules choose the character set, not a library: a byte order mark decides (Excel writes one
with UTF-8 and UTF-16); valid UTF-8 is UTF-8, as other text almost never is by accident; anything
else is taken for Windows-1252, which Excel on Windows saves. chardet and charset-normalizer rely on
letter frequencies, which say little about addresses: they take short lists for Cyrillic.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from webapp.domain.errors import Refusal
from webapp.domain.imports.reading import ROWS_MOST, ImportLine, refuse_many

LINES_MOST = 4 * ROWS_MOST  # with the empty ones
COLUMNS_MOST = 100
COLUMNS = ("email", "role", "name", "message")
ALIASES = {"e-mail": "email", "email address": "email", "e-mail address": "email", "mail": "email"}
EXAMPLE = "email,role,name,message"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like the next one
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# First bytes of other files that people rename to .csv: zip (also xlsx and ods), xls, PDF, gzip.
_NOT_TEXT = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")


def uploaded(stream: BinaryIO) -> Iterator[ImportLine]:
    """The lines of a CSV file, streamed from its start; empty lines are skipped.

    Raises Refusal that says what the file is instead, or what is wrong with it as a whole.
    """
    text = io.TextIOWrapper(stream, _charset(stream), errors="replace", newline="")
    try:
        yield from _lines(text)
    except csv.Error:
        raise Refusal(
            "A cell of this file is longer than 131,072 characters. Look for a quotation mark "
            "that is never closed.",
            "file",
        ) from None
    finally:
        text.detach()  # otherwise closing the reader would close the file


def _charset(stream: BinaryIO) -> str:
    stream.seek(0)
    head = stream.read(4)
    if head.startswith(_NOT_TEXT):
        raise Refusal(
            "This file is not text: it looks like a spreadsheet’s own file, or an archive. "
            "Open it in the spreadsheet, save it as CSV, and choose that file.",
            "file",
        )
    try:
        for mark, name in _MARKS:
            if head.startswith(mark):
                return name
        if head[1:2] == b"\0" != head[:1]:
            return "utf-16-le"
        if head[:1] == b"\0" != head[1:2]:
            return "utf-16-be"
        stream.seek(0)
        return "utf-8" if _is_utf8(stream) else "cp1252"
    finally:
        stream.seek(0)


def _is_utf8(stream: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := stream.read(65536):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _lines(text: io.TextIOWrapper) -> Iterator[ImportLine]:
    first = text.readline()
    if re.fullmatch(r"\s*sep=.\s*", first, re.IGNORECASE):  # how Excel names the separator
        separator, first = first.strip()[-1], text.readline()
    else:
        separator = max(",;\t", key=first.count)
    reader = csv.reader(chain([first] if first else [], text), delimiter=separator)
    columns: list[str | None] | None = None
    count = 0
    for number, cells in enumerate(reader, 1):
        if number > LINES_MOST:
            raise Refusal(f"This file has more than {LINES_MOST:,} lines.", "file")
        if not any(cell.strip() for cell in cells):
            continue
        if columns is None:
            columns = _columns(cells)
            if columns is not None:
                continue
            columns = list(COLUMNS)
        count += 1
        refuse_many(count, "file")
        yield _line(number, cells, columns)


def _columns(cells: list[str]) -> list[str | None] | None:
    """What each column holds; None when the first line is already a person."""
    if len(cells) > COLUMNS_MOST:
        raise Refusal(
            f"This file has {len(cells):,} columns, more than {COLUMNS_MOST}. "
            f"It should have these: {EXAMPLE}.",
            "file",
        )
    names = [" ".join(cell.split()).casefold() for cell in cells]
    names = [ALIASES.get(name, name) for name in names]
    columns = [name if name in COLUMNS else None for name in names]
    if "email" not in columns:
        if "@" in cells[0]:
            return None
        raise Refusal(
            "No column of this file is called “email”. Its first line should name the columns, "
            f"like {EXAMPLE}; or begin with an address.",
            "file",
        )
    for name in COLUMNS:
        if columns.count(name) > 1:
            raise Refusal(f"Two columns of this file are called “{name}”. Keep one.", "file")
    return columns


def _line(number: int, cells: list[str], columns: list[str | None]) -> ImportLine:
    values = {
        column: cell.strip()
        for column, cell in zip(columns, cells, strict=False)
        if column is not None
    }
    has_extra_cells = any(cell.strip() for cell in cells[len(columns) :])
    return ImportLine(
        number,
        values.get("email", ""),
        values.get("role") or None,
        values.get("name") or None,
        values.get("message") or None,
        "This line has more cells than there are columns. Put a cell that holds the separator "
        "into quotation marks."
        if has_extra_cells
        else None,
    )
