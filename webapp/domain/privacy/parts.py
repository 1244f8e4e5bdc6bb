"""A part of what is kept about a person: the rows of one table, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement

from webapp.db import Model
from webapp.domain.privacy.people import Person

SECRET, AGAIN, NUMBER = "a secret", "the same again, to compare by", "a number of ours"
WORK = "the progress of the work"


@dataclass(frozen=True, slots=True)
class DataPart:
    """The rows of one table that are about a person; `name` is what a copy calls them."""

    name: str
    model: type[Model]
    belongs: Callable[[Person], ColumnElement[bool]]
    shown: str  # in both copies
    hidden: Mapping[str, str] = field(default_factory=dict)  # columns, and why no copy has them
    erased: str = ""  # what erasing empties, or puts a pseudonym into; the rest stays
    is_deleted: bool = False  # erasing deletes the whole row
    place: Any = None  # the id of its organization; None: it has none, or another part has it

    def of(self, person: Person) -> ColumnElement[bool]:
        """Which rows are the person's, within the organization where they may be searched."""
        if person.within is None or self.place is None:
            return self.belongs(person)
        is_within: ColumnElement[bool] = self.place == person.within
        return self.belongs(person) & is_within
