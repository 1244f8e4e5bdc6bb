"""What the table of invitations says of itself: how many it found, and which of them it shows."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from flask import request

from webapp import formats
from webapp.domain.invitations import counts, statuses, table, tallies
from webapp.domain.invitations.lines import InvitationLine
from webapp.domain.invitations.table import InvitationFilters
from webapp.domain.invitations.tallies import Tally
from webapp.domain.pagination import Page
from webapp.languages import gettext as _
from webapp.languages import marked, ngettext
from webapp.models import RESENDABLE, InvitationState, Organization
from webapp.web import pages

# What is said without a status, and with one.
_NONE = marked("No invitations."), marked("No %(status)s invitations.")
_MANY = marked("More than %(many)s of %(all)s invitations match")
_UNCOUNTED = (
    marked("Matches among %(all)s invitations were not counted"),
    marked("Matches among %(all)s %(status)s invitations were not counted"),
)
_NOT_FILTERED = (
    marked("No invitation matches these filters."),
    marked("No %(status)s invitation matches these filters."),
)
_NOT_FOUND_FILTERED = (
    marked("No invitation matches “%(search)s” with these filters."),
    marked("No %(status)s invitation matches “%(search)s” with these filters."),
)
_NOT_FOUND = (
    marked("No invitation matches “%(search)s”."),
    marked("No %(status)s invitation matches “%(search)s”."),
)


class Results(NamedTuple):
    """How many fit, of each status and in all, and the numbers of the first and last row shown."""

    words: str
    title: str
    by_status: Counter[str] | None  # None: too many to count
    first: int | None  # None: the address does not say
    last: int | None
    total: int | None

    @property
    def shown(self) -> str:
        """Which rows these are: 51 to 100 of 415."""
        total = None if self.total is None else formats.number(self.total)
        if self.first is None or self.last is None:
            return "" if total is None else _("%(all)s in all", all=total)
        first, last = formats.number(self.first), formats.number(self.last)
        if total is None:
            return _("%(first)s to %(last)s", first=first, last=last)
        return _("%(first)s to %(last)s of %(all)s", first=first, last=last, all=total)

    @property
    def before(self) -> int | None:
        """The number of the first row of the page before, if it is known."""
        return None if self.first is None else max(self.first - table.SIZE, 1)

    @property
    def after(self) -> int | None:
        """The number of the first row of the next page, if it is known."""
        return None if self.last is None else self.last + 1


def of(
    organization: Organization, filters: InvitationFilters, page: Page[InvitationLine]
) -> Results:
    """What to say of this page of the table."""
    whole = counts.by_status(organization)
    among = tallies.total(whole, filters.status)
    tally = Tally(whole, among)
    if filters.is_narrow:
        tally = tallies.of(organization, filters.criteria, whole.total())
    by_status, total = tally
    words = _words(filters, total, among)
    first = _first(page, total)
    title = words
    if filters.is_narrow:
        title = _("%(found)s – Invitations", found=words.rstrip("."))
    last = None if first is None else first + len(page.rows) - 1
    return Results(words, title, by_status, first, last, total)


def selectable(results: Results, filters: InvitationFilters) -> int | None:
    """How many of all that fit may be resent or revoked; None when they were not counted."""
    if results.by_status is None:
        return None
    statuses = [filters.status] if filters.status else [state.value for state in RESENDABLE]
    return sum(results.by_status[status] for status in statuses if status in set(RESENDABLE))


def is_unused(filters: InvitationFilters, page: Page[InvitationLine]) -> bool:
    """Whether nobody was invited yet but those whom the operator invited, who have joined."""
    if filters.is_narrow or filters.status or page.previous or page.next:
        return False
    joined = InvitationState.ACCEPTED
    return all(line.inviter is None and line.state == joined for line in page.rows)


def _first(page: Page[InvitationLine], total: int | None) -> int | None:
    # The address carries the number, as counting the rows before would take longer at each page.
    if page.is_first:
        return 1
    if page.next is None and total is not None:
        return max(total - len(page.rows) + 1, 1)
    return pages.row_id(request.args.get("at")) or None


def _words(filters: InvitationFilters, found: int | None, among: int) -> str:
    if not filters.is_narrow:
        return _how_many(filters.status, among)
    if found:
        return _matching(filters.status, found, among)
    if found is None and not filters.status and not filters.criteria.has_group:
        return _(_MANY, many=formats.number(tallies.MANY), all=formats.number(among))
    if found is None:
        words = _UNCOUNTED
    elif not filters.words:
        words = _NOT_FILTERED
    elif filters.criteria._replace(status=None, words="").is_narrow:
        words = _NOT_FOUND_FILTERED
    else:
        words = _NOT_FOUND
    return _(
        words[bool(filters.status)],
        status=statuses.named(filters.status),
        search=filters.words,
        all=formats.number(among),
    )


def _how_many(status: str | None, among: int) -> str:
    n, named = formats.number(among), statuses.named(status)
    if not among:
        return _(_NONE[bool(status)], status=named)
    if status is None:
        return ngettext("%(n)s invitation", "%(n)s invitations", among, n=n)
    return ngettext(
        "%(n)s %(status)s invitation", "%(n)s %(status)s invitations", among, n=n, status=named
    )


def _matching(status: str | None, found: int, among: int) -> str:
    n, total = formats.number(found), formats.number(among)
    if status is None:
        return ngettext("%(n)s of %(all)s matches", "%(n)s of %(all)s match", found, n=n, all=total)
    return ngettext(
        "%(n)s of %(all)s %(status)s matches",
        "%(n)s of %(all)s %(status)s match",
        found,
        n=n,
        all=total,
        status=statuses.named(status),
    )
