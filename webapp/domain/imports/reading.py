"""Lists of people that are pasted; `csv_files` reads those that are uploaded."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from webapp import formats
from webapp.domain import texts
from webapp.domain.errors import Refusal
from webapp.domain.imports import columns, mailboxes
from webapp.domain.imports.columns import ImportLine as ImportLine
from webapp.languages import gettext

BYTES_MOST = 10 * 1024 * 1024
ROWS_MOST = 50_000
ROW_LONGEST = 1000  # of a person's cells without names of columns
_WORD = re.compile(r"[^\s,;]+")
# A name beside an address, where a forgotten @ must not become one: Ada, or Ada Lovelace.
_NAME = re.compile(r"(?=.{2})[^\W\d_a-zß-öø-ÿ][^\W\d_]*(?:(?:\.? |['’-])[^\W\d_]+)*\.?")


def pasted(text: str, *, field: str = "emails") -> Iterator[ImportLine]:
    """The people in a text: addresses with or without names, or rows copied from a spreadsheet.

    Raises Refusal when there are too many.
    """
    text = _WORD.sub(_seen, text.replace("\r\n", "\n").replace("\r", "\n"))
    first = len(text) - len(text.lstrip())
    skipped, text = text.count("\n", 0, first), text.strip()
    for line in everybody(_table(text, field) or _lines(text), field):
        yield replace(line, number=skipped + line.number)


def everybody(lines: Iterable[ImportLine], field: str) -> Iterator[ImportLine]:
    """The people of lines of which some hold several addresses: all have what their line says.

    Raises Refusal when there are too many.
    """
    count = 0
    for line in lines:
        found = mailboxes.several(line.email)
        people = [replace(line, email=email, name=name or line.name) for email, name in found]
        count += len(people) or 1
        refuse_many(count, field)
        yield from people or [line]


def _seen(word: re.Match[str]) -> str:
    """A word without what is unseen in it; an address keeps it, so as to be refused for it."""
    return word[0] if "@" in word[0] else texts.without_invisible(word[0])


def _lines(text: str) -> Iterator[ImportLine]:
    for number, line in enumerate(text.split("\n"), 1):
        row = _row(number, line)
        if row is not None:
            yield row
            continue
        for email, name in mailboxes.in_line(line.replace("\t", ";")):
            yield ImportLine(number, email, name=name or None)


def _row(number: int, line: str) -> ImportLine | None:
    """The person of a spreadsheet's row; None for a line of plain addresses."""
    if "\t" in line:
        return columns.guessed(number, line.split("\t"))
    for separator in ",;":
        first, _, rest = line.partition(separator)
        if "@" not in rest and rest.partition(separator)[0].strip().casefold() in columns.ROLES:
            return _separated(number, line, separator) if "@" in first else None
    if line.count("@") == 1 and "<" not in line and len(line) <= ROW_LONGEST:
        return _unnamed(number, line)
    return None


def _unnamed(number: int, line: str) -> ImportLine | None:
    """The person of a row like `Ada Lovelace,ada@example.org`, of which every cell is clear."""
    separator = max(",;|，；、،؛", key=line.count)
    cells = [cell.strip(' "') for cell in line.split(separator)]
    others = [cell for cell in cells if cell and "@" not in cell]
    names = [cell for cell in others if cell.casefold() not in columns.ROLES]
    is_clear = len(names) < 3 and len(others) - len(names) < 2 and all(map(_NAME.fullmatch, names))
    return columns.guessed(number, cells) if others and is_clear else None


def _separated(number: int, line: str, separator: str) -> ImportLine:
    try:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True))
    except csv.Error:
        email = line.partition(separator)[0]
        fault = gettext(
            "A cell in this line is too long. Look for a quotation mark that is never closed."
        )
        return ImportLine(number, email, fault=fault)
    return columns.person(number, cells, columns.COLUMNS)


def _table(text: str, field: str) -> Iterator[ImportLine] | None:
    """The people of a table whose first line names its columns; None for any other text."""
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    cells = first.split(separator)[: columns.MOST]
    held = columns.named(cells)
    if "email" not in held:
        return None
    columns.refuse_twins(cells, field)
    return _rows(text, separator, held, field)


def _rows(text: str, separator: str, held: list[str | None], field: str) -> Iterator[ImportLine]:
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    before = 0
    try:
        for cells in reader:
            if before and any(cell.strip() for cell in cells):
                yield columns.person(before + 1, cells, held)
            before = reader.line_num
    except csv.Error:
        # A cell above csv.field_size_limit.
        words = gettext(
            "A cell in this table is too long. Look for a quotation mark that is never closed."
        )
        raise Refusal(words, field) from None


def refuse_many(count: int, field: str) -> None:
    """Raise Refusal when a list holds more people than one import may."""
    if count > ROWS_MOST:
        words = gettext(
            "You can invite at most %(most)s people at once. Split the list.",
            most=formats.number(ROWS_MOST),
        )
        raise Refusal(words, field)


def shown(text: str | None, most: int) -> str:
    """The typed text on one line, cut to a length that pages and both databases can hold."""
    return " ".join(texts.showable((text or "")[: 2 * most]).split())[:most]
