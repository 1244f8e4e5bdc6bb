"""What is said of people in the invite form when they cannot be invited as they are."""

from __future__ import annotations

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
