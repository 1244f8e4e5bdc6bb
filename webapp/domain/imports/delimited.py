"""The rows of CSV and other text files, whatever separates their cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Generator, Iterator, Sequence
from itertools import chain, islice
from typing import BinaryIO

from webapp.domain.errors import Refusal
from webapp.domain.imports import columns, headers, layouts
from webapp.domain.imports.headers import EMAIL
from webapp.domain.imports.layouts import Row
from webapp.languages import gettext, marked

LONG_CELL = marked(
    "A cell in this file is longer than 131,072 characters. Look for a quotation mark that is "
    "never closed."
)
SEPARATORS = ",;\t|"
# How Excel names the separator; the csv module takes all but these three, as of Python 3.13.
_SEPARATOR = re.compile(r'\s*"?sep=([^"\r\n])"?[\s,;]*', re.IGNORECASE)
_NAMED = re.compile(r'\s*"?sep=', re.IGNORECASE)
_ALONE = re.compile(r'(?:[^@<>]*<)?[^\s"@<>,;|]+@[^\s"@<>,;|]+>?')
_QUOTED = re.compile(r'"[^"]*"')


def rows(stream: BinaryIO, charset: str) -> Generator[Row]:
    """The rows of a text file, streamed from its start, numbered from 1."""
    stream.seek(0)
    text = io.TextIOWrapper(stream, charset, errors="replace", newline="")
    try:
        yield from _rows(text)
    except csv.Error:
        raise Refusal(gettext(LONG_CELL), "file") from None
    finally:
        text.detach()  # otherwise closing the reader would close the file


def _rows(text: io.TextIOWrapper) -> Iterator[Row]:
    head = list(islice(text, layouts.TITLES_MOST + 1))
    named = _SEPARATOR.fullmatch(head[0]) if head else None
    if named is None and head and _NAMED.match(head[0]):
        raise Refusal(gettext(layouts.NO_COLUMN, columns=columns.EXAMPLE), "file")
    separator = named[1] if named else _separator(head)
    reader = csv.reader(chain(head[1:] if named else head, text), delimiter=separator)
    yield from enumerate(reader, 1)


def _separator(head: Sequence[str]) -> str:
    """By known columns, then by cells that hold just an address, then by frequency."""
    plain = [_QUOTED.sub("", line[:10_000]) for line in head]
    return max(
        SEPARATORS,
        key=lambda separator: (
            max((_known(line, separator) for line in head), default=0),
            sum(_addresses(line, separator) for line in head),
            plain[0].count(separator) if plain else 0,
            sum(line.count(separator) for line in plain),
        ),
    )


def _known(line: str, separator: str) -> int:
    """How many fields a line names, if it is a header."""
    cells = [cell.strip(' "') for cell in line[:10_000].split(separator)]
    found = headers.found(cells)
    return len(found) if EMAIL in found else 0


def _addresses(line: str, separator: str) -> int:
    """How many cells hold one address and nothing of another cell."""
    return sum(
        bool(_ALONE.fullmatch(cell.strip(' "\r\n'))) for cell in line[:10_000].split(separator)
    )
