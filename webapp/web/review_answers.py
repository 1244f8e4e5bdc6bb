"""What admins answer in an access review, about one member or about many."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.members import review_answers, reviews
from webapp.models import AccessReview
from webapp.web import pages, review_told, scope
from webapp.web.forms.reviews import AnswerForm

blueprint = Blueprint(
    "review_answers", __name__, url_prefix="/orgs/<slug:slug>/reviews/<id:review_id>/answer"
)


@blueprint.get("")
def ask(slug: str, review_id: int) -> Response:
    """The confirmation page: who is concerned, and what they get."""
    return _ask(reviews.find(scope.organization(), review_id), AnswerForm())


@blueprint.post("")
def answer(slug: str, review_id: int) -> AnyResponse:
    """Answer for one member or for several, and say what became of each."""
    organization, form, verb = scope.organization(), AnswerForm(), request.form.get("do", "")
    review = reviews.find(organization, review_id)
    done = form.attempt(
        review_answers.answer,
        organization,
        review_id,
        verb,
        review_told.ids(request.form),
        by=scope.me(),
        terms=form.terms(organization),
    )
    if not done:
        return _ask(review, form, 422)
    review_told.tell(verb, done.result)
    return pages.back_or(url_for("reviews.show", slug=slug, review_id=review_id))


def _ask(review: AccessReview, form: AnswerForm, status: int = 200) -> Response:
    values = request.form if request.method == "POST" else request.args
    verb = values.get("do", "")
    verb = verb if verb in review_answers.VERBS else review_answers.KEEP
    there: dict[str, Any] = {"slug": scope.organization().slug, "review_id": review.id}
    filters = review_told.filters(values, review)
    return pages.render(
        "reviews/ask.html",
        form=form,
        do=verb,
        status=status,
        address=url_for(".answer", **there),
        list=url_for("reviews.show", **there),
        **review_told.chosen(review, values, filters, verb),
    )
