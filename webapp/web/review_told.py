"""Whom an answer in a review is about, and what is told of it."""

from __future__ import annotations

from typing import Any

from flask import flash
from werkzeug.datastructures import MultiDict

from webapp import formats
from webapp.domain.members import review_answers, review_lines
from webapp.domain.members.given_answers import Answered
from webapp.domain.members.review_lines import LineFilters
from webapp.languages import ngettext
from webapp.models import AccessReview
from webapp.web import messages, pages

NAMED = 50  # on the confirmation page; the others are counted


def ids(values: MultiDict[str, Any]) -> list[int]:
    """The lines that were sent."""
    return [pages.row_id(text) for text in values.getlist("id")]


def filters(query: MultiDict[str, Any], review: AccessReview) -> LineFilters:
    """The filters of the address; a review that has ended shows everybody."""
    shown = query.get("show") or ("" if review.is_open else review_lines.EVERYBODY)
    return LineFilters.of(shown, query.get("q"), query.get("role"), query.get("quiet"))


def chosen(
    review: AccessReview, values: MultiDict[str, Any], filters: LineFilters, verb: str
) -> dict[str, Any]:
    """Whom the question is about: those named, or the first of all that fit."""
    most = review_answers.MOST[verb]
    line_ids, wanted = ids(values)[:most], len(ids(values))
    if values.get("all") and not line_ids:
        line_ids = review_lines.ids(review, filters, most)
        wanted = review_lines.count(review, filters)
    lines = review_lines.find(review, line_ids, filters.sponsor_id) if review.is_open else []
    has_admins = any(line.membership and line.membership.role == "admin" for line in lines)
    return {
        "chosen": lines,
        "named": NAMED,
        "wanted": wanted,
        "most": most,
        "has_admins": has_admins,
    }


def tell(verb: str, answered: Answered) -> None:
    """Tell for how many it was done, and for whom it was not."""
    if number := len(answered.done):
        flash(_told(verb, number), "success")
    messages.tell_refused("reviewed", answered.refused)
    if answered.unknown:
        words = ngettext(
            "You can no longer answer for %(num)s of the people selected. Nothing changed for "
            "them.",
            "You can no longer answer for %(num)s of the people selected. Nothing changed for "
            "them.",
            answered.unknown,
        )
        flash(words, "error")


def _told(verb: str, number: int) -> str:
    n = formats.number(number)
    if verb == review_answers.KEEP:
        return ngettext("%(n)s member keeps access.", "%(n)s members keep access.", number, n=n)
    if verb == review_answers.CHANGE:
        return ngettext("%(n)s member was changed.", "%(n)s members were changed.", number, n=n)
    return ngettext(
        "The access of %(n)s member ended.", "The access of %(n)s members ended.", number, n=n
    )
