"""CSV files that spreadsheets open: text stays text, whatever it begins with."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

# A cell that begins with one of these would be a formula (OWASP, CSV injection); the full-width
# and small forms are folded to the plain ones by spreadsheets in East Asian locales.
_FORMULA = r"=+\-@＝＋－＠﹦﹢﹣﹫"
# What may come before it and be trimmed: spaces, characters without width, quotation marks.
_PASSED_OVER = ' "\u00a0\u00ad\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff'
# Where a spreadsheet would begin a cell: at the beginning and, if its locale uses another separator
# than ours, after that separator and on each line.
_BEGINS = re.compile(
    rf"^(?=[{_PASSED_OVER}]*[{_FORMULA}\t\r\n])|(?<=[;\t\r\n])(?=[{_PASSED_OVER}]*[{_FORMULA}])"
)


def cell(text: object) -> str:
    """The value as a cell that no spreadsheet calculates: an apostrophe goes before a formula."""
    return _BEGINS.sub("'", "" if text is None else str(text))


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
