"""Rows of a table of people: what each column holds, and the person in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.domain.errors import Refusal
from webapp.domain.imports import headers, mailboxes
from webapp.domain.imports.headers import ACCESS, EMAIL, FIRST, LAST, MESSAGE, NAME, ROLE
from webapp.languages import gettext, marked
from webapp.models import Role

MOST = 100
COLUMNS = (EMAIL, ROLE, NAME, MESSAGE)  # of a list that begins with an address
EXAMPLE = "email,role,name,message"
TWINS = marked("Two columns are called “%(name)s”. Rename or delete one.")
ROLES = {role.value for role in Role}
EXTRA_CELLS = marked(
    "This line has more cells than there are columns. Put quotation marks around a cell that "
    "contains the separator."
)


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One person of a list, as typed; `fault` says why the line cannot be read, if it cannot."""

    number: int
    email: str
    role: str | None = None
    name: str | None = None
    message: str | None = None
    fault: str | None = None
    access_until: str | None = None

    @property
    def written(self) -> str:
        """The line as it can be typed: its reader finds the same person, with the same role.

        A message, a fault and a role that there is not cannot be typed.
        """
        person = mailboxes.written(self.email, self.name or "")
        return f"{person}\t{self.role}" if self.role else person


def named(cells: Sequence[str]) -> list[str | None]:
    """What each column holds by its name in the first row, None for what we do not use."""
    return held(headers.found(cells), len(cells))


def held(taken: dict[str, int], width: int) -> list[str | None]:
    """The field of each column, from the column of each field."""
    fields = {place: field for field, place in taken.items()}
    return [fields.get(place) for place in range(width)]


def refuse_twins(cells: Sequence[str], field: str) -> None:
    """Refuse a table with two columns of the same name."""
    twin = headers.twins(cells, headers.found(cells))
    if twin:
        raise Refusal(gettext(TWINS, name=called(twin)), field)


def called(field: str) -> str:
    """What a list of ours calls the column of a field."""
    return f"{field} name" if field in (FIRST, LAST) else field


def person(number: int, cells: Sequence[str], columns: Sequence[str | None]) -> ImportLine:
    """The person in a row."""
    values = {
        column: cell.strip()
        for column, cell in zip(columns, cells, strict=False)
        if column is not None
    }
    has_extra_cells = any(cell.strip() for cell in cells[len(columns) :])
    email, name = mailboxes.single(values.get(EMAIL, ""))
    return ImportLine(
        number,
        email,
        values.get(ROLE) or None,
        values.get(NAME) or _joined(values.get(FIRST, ""), values.get(LAST, "")) or name or None,
        values.get(MESSAGE) or None,
        gettext(EXTRA_CELLS) if has_extra_cells else None,
        values.get(ACCESS) or None,
    )


def _joined(first: str, last: str) -> str:
    """First and last name; a column of last names may hold whole names."""
    if first and first.casefold() in last.casefold().split():
        return last
    return f"{first} {last}".strip()


def guessed(number: int, cells: Sequence[str]) -> ImportLine | None:
    """The person in a row whose columns have no names; None unless one cell is an address."""
    cells = [cell.strip() for cell in cells]
    places = [n for n, cell in enumerate(cells) if "@" in cell]
    if len(places) != 1:
        return None
    email, name = mailboxes.single(cells[places[0]])
    role = next((cell for cell in cells if cell.casefold() in ROLES), None)
    before, after = (
        [cell for cell in part if cell and cell != role and not any(map(str.isdigit, cell))]
        for part in (cells[: places[0]], cells[places[0] + 1 :])
    )
    if not before:  # a first and a last name, or a whole name and then something else
        before = after[: 2 if not any(" " in cell for cell in after[:2]) else 1]
    return ImportLine(number, email, role, name or " ".join(before) or None)
