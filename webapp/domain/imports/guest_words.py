"""What is said of people in the invite form when they cannot be invited as they are."""

from __future__ import annotations

from collections.abc import Sequence

from webapp.domain import addresses
from webapp.domain.errors import Refusal
from webapp.domain.imports import reading
from webapp.domain.imports.columns import ROLES, ImportLine
from webapp.domain.imports.sorting import SortedLine
from webapp.languages import gettext, marked, ngettext

TOO_MANY = marked(
    "You can invite at most %(most)s people here at once. Use “Import a list” for more."
)
_MESSAGE = marked("Messages for individual people cannot be sent from here. Use “Import a list”.")
_GROUPS = marked(
    "Groups for individual people cannot be chosen here. Choose them below for all, or use “Import "
    "a list”."
)
_ACCESS = marked(
    "Choose below how long access lasts. For a day of their own for each, use “Import a list”."
)
# What only a file can say of each person, by its column.
SINGLE = {"message": _MESSAGE, "groups": _GROUPS, "access_until": _ACCESS}
ONE_NAME = marked(
    "A name here is for one person. Remove it, or write each name with its address, like Bo Lind "
    "<bo@example.org>."
)


def problems(bad: int, among: int) -> str:
    """How many of the addresses have a problem, and what to do."""
    if bad == among:
        return gettext(
            "None of these %(all)s addresses can be invited as they are. See why below.", all=among
        )
    return ngettext(
        "%(num)s of these %(all)s addresses has a problem. Correct it, or send to the others.",
        "%(num)s of these %(all)s addresses have a problem. Correct them, or send to the others.",
        bad,
        all=among,
    )


def refuse_unwritable(line: ImportLine) -> None:
    """Refuse what `ImportLine.written` cannot say: the form keeps the text as it was typed."""
    who = reading.shown(line.email, addresses.LONGEST)
    if line.fault:
        raise Refusal(f"{who}: {line.fault}", "email")
    for column, words in SINGLE.items():
        if getattr(line, column):
            raise Refusal(gettext(words), "email")
    if line.role and line.role.casefold() not in ROLES:
        role = reading.shown(line.role, 20)
        raise Refusal(gettext("%(who)s: “%(role)s” is not a role.", who=who, role=role), "email")


def refuse_name(name: str | None, lines: Sequence[SortedLine]) -> None:
    """Refuse a name beside several addresses."""
    if (name or "").strip():
        raise Refusal(gettext(ONE_NAME), "name", lines=lines)
