"""An access review for sponsors: they answer for the members they sponsor."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.members import review_answers, review_lines, review_sponsors, reviews
from webapp.domain.members.review_lines import LineFilters
from webapp.domain.organizations import days
from webapp.models import AccessReview
from webapp.web import forms, pages, review_told, scope
from webapp.web.forms import Form
from webapp.web.pages import Fragment

blueprint = Blueprint(
    "review_sponsors", __name__, url_prefix="/orgs/<slug:slug>/reviews/<id:review_id>/mine"
)

TABLE = Fragment("reviews/_mine.html", "#review", has_address=True)


@blueprint.get("")
def show(slug: str, review_id: int) -> Response:
    """Those whom the reader sponsors, and what was answered about them."""
    organization, query = scope.organization(), request.args
    review = reviews.find(organization, review_id)
    filters = LineFilters(review_lines.EVERYBODY, sponsor_id=scope.me().id)
    return pages.render(
        "reviews/mine.html",
        fragment=TABLE,
        review=review,
        page=review_lines.page(
            review, filters, after=query.get("after"), before=query.get("before")
        ),
        until=days.in_words(organization, review.due_at),
        end_of=partial(days.in_words, organization),
    )


@blueprint.get("/answer")
def ask(slug: str, review_id: int) -> Response:
    """The confirmation page before access ends."""
    return _ask(reviews.find(scope.organization(), review_id), forms.ButtonForm())


@blueprint.post("/answer")
def answer(slug: str, review_id: int) -> AnyResponse:
    """Keep or end the access of those whom the reader sponsors."""
    form, verb = forms.ButtonForm(), request.form.get("do", "")
    review = reviews.find(scope.organization(), review_id)
    done = form.attempt(
        review_sponsors.answer,
        scope.organization(),
        review_id,
        verb,
        review_told.ids(request.form),
        by=scope.me(),
    )
    if not done:
        return _ask(review, form, 422)
    review_told.tell(verb, done.result)
    return pages.back_or(url_for(".show", slug=slug, review_id=review_id))


def _ask(review: AccessReview, form: Form, status: int = 200) -> Response:
    values = request.form if request.method == "POST" else request.args
    ends = values.get("do") != review_answers.KEEP
    verb = review_answers.END if ends else review_answers.KEEP
    filters = LineFilters(sponsor_id=scope.me().id)
    there: dict[str, Any] = {"slug": scope.organization().slug, "review_id": review.id}
    return pages.render(
        "reviews/ask.html",
        form=form,
        do=verb,
        status=status,
        address=url_for(".answer", **there),
        list=url_for(".show", **there),
        **review_told.chosen(review, values, filters, verb) | {"has_admins": False},
    )
