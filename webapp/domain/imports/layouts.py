"""Where a list begins and which of its columns holds what: by its header, by what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from webapp import formats
from webapp.domain import texts
from webapp.domain.errors import Refusal
from webapp.domain.imports import columns, guesses, headers
from webapp.domain.imports.choices import Choice
from webapp.domain.imports.guesses import NOBODY, SEVERAL, holds_address
from webapp.domain.imports.headers import EMAIL
from webapp.languages import gettext, marked

Row = tuple[int, list[str]]  # its number in the file, its cells

TITLES_MOST = 20  # rows above the header: titles, notes, what a report was filtered by
SEEN = 50  # rows that are looked at
SHOWN = 60  # characters of a header or a cell
NO_COLUMN = marked(
    "No column of this file is called “email”. Name the columns in the first line, "
    "like %(columns)s, or begin with an address."
)


class Unclear(Refusal):
    """A list of people whose addresses may be in one column or another."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a list: names (none if it has no header), first values, and what is used."""

    width: int
    names: list[str]
    examples: list[str]
    taken: dict[str, int]
    start: int = 0  # the first row of a person, among those that were looked at
    above: int = 0  # rows above the header
    # Why nobody can tell which column holds the addresses: NOBODY, SEVERAL, or a field of twins.
    doubt: str | None = None
    charset: str | None = None  # None: not guessed
    samples: dict[str, str] = field(default_factory=dict)  # some cells, as each would read them
    words: list[str] = field(default_factory=list)  # of its roles, those that are none of ours

    @property
    def left_out(self) -> list[str]:
        """The names of columns that are not used."""
        used = {*self.taken.values()}
        return [name for place, name in enumerate(self.names) if name and place not in used]


def cut(text: str) -> str:
    """A cell on one line, short enough for a page."""
    line = " ".join(texts.showable(text[: 4 * SHOWN]).split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def find(head: Sequence[Row], choice: Choice) -> Layout:
    """The layout of a list that begins with these rows; raises Refusal when it is too wide."""
    rows = [cells for _, cells in head]
    top, start = _begin(rows)
    for cells in rows[:start]:
        _refuse_wide(cells)
    people = rows[start:]
    names = rows[top] if top is not None else []
    width = len(names) or max([len(columns.COLUMNS), *map(len, people)])
    taken, doubt = _taken(names, people, width)
    if choice.columns is not None:
        taken = {one: place for one, place in choice.columns.items() if place < width}
        doubt = None if EMAIL in taken else NOBODY
    examples = [_example(people, place) for place in range(min(width, columns.MOST))]
    shown = [cut(name) for name in names]
    return Layout(width, shown, examples, taken, start, top or 0, doubt)


def _example(people: Sequence[Sequence[str]], place: int) -> str:
    cells = (row[place] for row in people if place < len(row))
    return next((cut(cell) for cell in cells if cell.strip()), "")


def _begin(rows: Sequence[Sequence[str]]) -> tuple[int | None, int]:
    """The row of the header, if there is one, and the first row after it."""
    first = next((n for n, cells in enumerate(rows) if any(map(holds_address, cells))), None)
    above = rows[: TITLES_MOST if first is None else min(first, TITLES_MOST)]
    known = [len(found) if EMAIL in (found := headers.found(cells)) else 0 for cells in above]
    if any(known):
        top = known.index(max(known))
        return top, top + 1
    if first is None:
        return (0, 1) if rows else (None, 0)
    if first > 0 and _covers(rows[first - 1], rows[first]):
        return first - 1, first
    return None, first


def _covers(header: Sequence[str], person: Sequence[str]) -> bool:
    """Whether a row names every column that holds an address in the next one."""
    return all(
        place < len(header) and header[place].strip()
        for place, cell in enumerate(person)
        if holds_address(cell)
    )


def _taken(
    names: Sequence[str], people: Sequence[Sequence[str]], width: int
) -> tuple[dict[str, int], str | None]:
    """The column of each field, and why nobody can tell, if so."""
    full = [place for place in range(width) if guesses.any_cell(people, place, holds_address)]
    if not names:
        return guesses.without_header(people, full)
    taken = headers.found(names)
    likely = [*headers.columns_of(EMAIL, names), *headers.sign_ins(names)]
    surest = [place for place in likely if place in full]
    if not surest and EMAIL not in taken and len(full) == 1:
        surest = full
    if surest:
        taken = {one: place for one, place in taken.items() if place != surest[0]}
        taken[EMAIL] = surest[0]
    doubt = headers.twins(names, taken)
    if EMAIL not in taken:
        doubt = SEVERAL if full else NOBODY
    return taken, doubt


def _refuse_wide(cells: Sequence[str]) -> None:
    if len(cells) > columns.MOST:
        raise Refusal(
            gettext(
                "This file has %(number)s columns, more than %(most)s. "
                "It should have these: %(columns)s.",
                number=formats.number(len(cells)),
                most=columns.MOST,
                columns=columns.EXAMPLE,
            ),
            "file",
        )
