"""The rows of an .xlsx workbook, read row by row and never held as a whole.

A workbook is a ZIP archive of XML, so a small file can unpack to a huge one, and its rows and texts
can be few and enormous: what openpyxl would hold in memory is measured before it reads anything.
"""

from __future__ import annotations

import importlib
import re
import zipfile
from collections.abc import Generator, Iterator
from datetime import date, datetime, time
from itertools import islice
from typing import Any, BinaryIO

from webapp.domain.errors import Refusal
from webapp.domain.imports import columns, delimited, file_kinds, layouts
from webapp.domain.imports.choices import Choice
from webapp.domain.imports.headers import EMAIL
from webapp.domain.imports.layouts import Row
from webapp.languages import gettext, marked

SHEETS_MOST = 50
SHEET_BYTES = 100 * 1024 * 1024  # unpacked; 50,000 people with 20 columns have 60 MB
OTHER_BYTES = 40 * 1024 * 1024  # its texts, and its styles
ROW_BYTES = 256 * 1024  # 100 columns and their words have less than half
RATIO = 200  # XML packs to a tenth or a twentieth
PARTS_MOST = 1_500_000  # cells, and different texts
CELL_MOST = 131_072  # as in CSV files
TOO_LARGE = marked(
    "This workbook is too large for a list of 50,000 people. Save only the sheet with the "
    "addresses as CSV, and choose that file."
)
_READ = re.compile(r"(xl/)?(worksheets/[^/]+|[^/]+)\.xml(\.rels)?|.*\.rels|\[Content_Types\]\.xml")
_ROW, _CELL, _ITEM = (
    re.compile(rb"</(?:\w{1,20}:)?row\b"),
    re.compile(rb"<(?:\w{1,20}:)?c[\s>/]"),
    re.compile(rb"<(?:\w{1,20}:)?si\b"),
)
_PIECE = 65536


def rows(stream: BinaryIO) -> Generator[Row]:
    """The rows of the first sheet that has a column of addresses, or else of the first that is
    not empty; numbered from 1. Raises Refusal for a workbook that cannot be read.
    """
    try:
        _refuse_large(stream)
        stream.seek(0)
        openpyxl = importlib.import_module("openpyxl")  # in memory only where a workbook came
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        try:
            sheet = _sheet(book)
            if sheet is not None:
                yield from _rows(sheet)
        finally:
            book.close()
    except Refusal:
        raise
    # Whatever a reader of XML in a ZIP archive can raise, made by whoever sends the file.
    except Exception:
        raise Refusal(gettext(file_kinds.DAMAGED), "file") from None


def _sheet(book: Any) -> Any | None:
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    first = None
    for sheet in (visible or book.worksheets)[:SHEETS_MOST]:
        filled = (row for row in _rows(sheet) if any(cell.strip() for cell in row[1]))
        head = list(islice(filled, layouts.SEEN))
        if not head:
            continue
        first = first or sheet
        try:
            layout = layouts.find(head, Choice())
        except Refusal:  # too wide; another may be the list
            continue
        if EMAIL in layout.taken and layout.doubt is None:
            return sheet
    return first


def _rows(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # some programs write wrong ones, and openpyxl believes them
    cells = sheet.iter_rows(max_col=columns.MOST + 1, values_only=True)
    for number, row in enumerate(cells, 1):
        filled = len(row)
        while filled and row[filled - 1] is None:
            filled -= 1
        yield number, [_text(value) for value in row[:filled]]


def _text(value: Any) -> str:
    """A cell as text, as its sheet shows it by default."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    text = str(value)
    if len(text) > CELL_MOST:
        raise Refusal(gettext(delimited.LONG_CELL), "file")
    return text


def _refuse_large(stream: BinaryIO) -> None:
    """Refuse a workbook that would take much memory or time, before it is unpacked."""
    sheets = others = 0
    with zipfile.ZipFile(stream) as archive:
        parts = [part for part in archive.infolist() if _READ.fullmatch(part.filename)]
        for part in parts:
            is_sheet = "worksheets/" in part.filename
            sheets += part.file_size if is_sheet else 0
            others += 0 if is_sheet else part.file_size
            is_bomb = part.file_size > RATIO * max(part.compress_size, 1024)
            if is_bomb or sheets > SHEET_BYTES or others > OTHER_BYTES:
                raise Refusal(gettext(TOO_LARGE), "file")
        for part in parts:
            _refuse_lumps(archive, part)


def _refuse_lumps(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse rows, and numbers of cells and texts, that no list has."""
    is_sheet = "worksheets/" in part.filename
    length = parts = 0
    with archive.open(part) as file:
        while piece := file.read(_PIECE):
            ends = [end.end() for end in _ROW.finditer(piece)] if is_sheet else []
            length = len(piece) - ends[-1] if ends else length + len(piece)
            parts += len((_CELL if is_sheet else _ITEM).findall(piece))
            if (is_sheet and length > ROW_BYTES + _PIECE) or parts > PARTS_MOST:
                raise Refusal(gettext(TOO_LARGE), "file")
