"""How many members a page lists, and what the list is called."""

from __future__ import annotations

from webapp import formats
from webapp.domain.organizations.member_table import MemberFilters
from webapp.languages import gettext, marked, marked_plural, ngettext

TABS = {
    "active": marked("Active"),
    "ending": marked("Ends within 30 days"),
    "ended": marked("Ended"),
    "deactivated": marked("Deactivated"),
}
CAPTIONS = {
    "active": marked("Active members, in order of joining"),
    "ending": marked("Members whose access ends within 30 days, in order of joining"),
    "ended": marked("Members whose access has ended, in order of joining"),
    "deactivated": marked("Deactivated members, in order of joining"),
}
# How many there are, and how many of them match the words.
_FOUND = {
    "ending": marked_plural(
        "The access of %(n)s member ends within 30 days.",
        "The access of %(n)s members ends within 30 days.",
    ),
    "ended": marked_plural(
        "The access of %(n)s member has ended.", "The access of %(n)s members has ended."
    ),
    "deactivated": marked_plural("%(n)s deactivated member.", "%(n)s deactivated members."),
}
_MATCHING = {
    "active": marked_plural(
        "%(n)s of them matches “%(words)s”.", "%(n)s of them match “%(words)s”."
    ),
    "ending": marked_plural(
        "%(n)s whose access ends soon matches “%(words)s”.",
        "%(n)s whose access ends soon match “%(words)s”.",
    ),
    "ended": marked_plural(
        "%(n)s whose access has ended matches “%(words)s”.",
        "%(n)s whose access has ended match “%(words)s”.",
    ),
    "deactivated": marked_plural(
        "%(n)s deactivated member matches “%(words)s”.",
        "%(n)s deactivated members match “%(words)s”.",
    ),
}
_NONE = {
    "active": marked("There is nobody here."),
    "ending": marked("Nobody’s access ends within 30 days."),
    "ended": marked("Nobody’s access has ended."),
    "deactivated": marked("Nobody is deactivated."),
}
_NONE_MATCHING = {
    "active": marked("No active member matches “%(words)s”."),
    "ending": marked("Nobody whose access ends soon matches “%(words)s”."),
    "ended": marked("Nobody whose access has ended matches “%(words)s”."),
    "deactivated": marked("No deactivated member matches “%(words)s”."),
}


def tab(status: str) -> str:
    """The name of a filter."""
    return gettext(TABS[status])


def caption(status: str) -> str:
    """What the list is."""
    return gettext(CAPTIONS[status])


def found(filters: MemberFilters, matching: int) -> str:
    """How many match, after the number of active members; empty if that says it all."""
    sentences = _MATCHING if filters.words else _FOUND
    if filters.status not in sentences:
        return ""
    one, many = sentences[filters.status]
    number = formats.number(matching)
    return ngettext(one, many, matching, n=number, words=filters.words)


def nobody(filters: MemberFilters) -> str:
    """That nobody is listed."""
    if filters.words:
        return gettext(_NONE_MATCHING[filters.status], words=filters.words)
    return gettext(_NONE[filters.status])
