"""What the columns of a list hold, by what is in them: for lists without a header."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence

from webapp.domain.imports import choices, columns, mailboxes
from webapp.domain.imports.headers import EMAIL, FIRST, LAST, NAME, ROLE

NOBODY, SEVERAL = "nobody", "several"
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")  # and no @handle


@functools.lru_cache(1024)
def holds_address(cell: str) -> bool:
    """Whether a cell is an address with or without a name, or several, and nothing else."""
    if "@" not in cell or len(cell) > 1000:
        return False
    found = [email for email, _ in mailboxes.in_line(cell)]
    return bool(found) and all(_ADDRESS.fullmatch(email) for email in found)


def any_cell(people: Iterable[Sequence[str]], place: int, is_so: Callable[[str], object]) -> bool:
    """Whether one of these cells of a column is so."""
    return any(place < len(row) and is_so(row[place]) for row in people)


def without_header(
    people: Sequence[Sequence[str]], full: Sequence[int]
) -> tuple[dict[str, int], str | None]:
    """The columns of a list without a header."""
    if not full:
        return {}, NOBODY
    first = full[0]
    if len(full) > 1:
        return {}, SEVERAL
    if first > 0:
        before = {1: (NAME,), 2: (FIRST, LAST)}.get(first, ())
        taken = {
            one: place for place, one in enumerate(before) if any_cell(people, place, _is_name)
        }
        taken[EMAIL] = first
        if any_cell(people, first + 1, _is_role):
            taken[ROLE] = first + 1
        return taken, None
    if any_cell(people, 1, _is_whole_name) and not any_cell(people, 1, _is_role):
        return {EMAIL: 0, NAME: 1}, None
    taken = {one: place for place, one in enumerate(columns.COLUMNS)}
    if any_cell(people, 2, str.strip) and not any_cell(people, 2, _is_name):
        del taken[NAME]
    return taken, None


def _is_role(cell: str) -> bool:
    return choices.role_key(cell) in columns.ROLES


def _is_name(cell: str) -> bool:
    return bool(cell.strip()) and not any(map(str.isdigit, cell))


def _is_whole_name(cell: str) -> bool:
    return _is_name(cell) and " " in cell.strip()
