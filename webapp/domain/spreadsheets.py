"""CSV files that spreadsheets open: text stays text, whatever it begins with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

# A cell that begins with one of these would be a formula (OWASP, CSV injection); the full-width
# forms are folded to the plain ones by spreadsheets in East Asian locales.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def cell(text: object) -> str:
    """The value as a cell that no spreadsheet calculates: an apostrophe goes before a formula."""
    shown = "" if text is None else str(text)
    # Spreadsheets trim what they read: spaces before a formula hide it from us, not from them.
    return f"'{shown}" if shown.lstrip(" \u00a0\u3000").startswith(FORMULA) else shown


def lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The rows as CSV (RFC 4180), piece by piece, with the mark by which Excel knows UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    for row in rows:
        writer.writerow([cell(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    if rest := buffer.getvalue():
        yield rest
