"""Access reviews, for admins: starting one, answering it, and its result."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, current_app, flash, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.members import (
    review_lines,
    review_results,
    review_settings,
    reviews,
)
from webapp.domain.members.review_lines import LineFilters
from webapp.domain.organizations import days
from webapp.languages import gettext as _
from webapp.models import AccessReview
from webapp.web import forms, limits, pages, review_told, scope
from webapp.web.forms import Form
from webapp.web.forms.reviews import ReviewSettingsForm, StartForm
from webapp.web.pages import Fragment

blueprint = Blueprint("reviews", __name__, url_prefix="/orgs/<slug:slug>/reviews")

TABLE = Fragment("reviews/_list.html", "#review", has_address=True)


@blueprint.get("")
def index(slug: str) -> Response:
    """The reviews there were, and the forms to start one and to have them begin regularly."""
    return _index()


@blueprint.post("")
def start(slug: str) -> AnyResponse:
    """Start a review of everybody who has access."""
    form = StartForm()
    done = form.attempt(
        reviews.start,
        scope.organization(),
        by=scope.me(),
        term=form.term.data,
        silence=form.silence.data or "",
        asks_sponsors=form.asks_sponsors.data,
    )
    if not done:
        return _index(start=form, status=422)
    flash(_("The review has started."), "success")
    return pages.go(url_for(".show", slug=slug, review_id=done.result.id))


@blueprint.post("/settings")
def change_settings(slug: str) -> AnyResponse:
    """Choose how often a review begins, and what silence means then."""
    form = ReviewSettingsForm()
    done = form.attempt(
        review_settings.change,
        scope.organization(),
        by=scope.me(),
        every=form.every.data or None,
        silence=form.silence.data or "",
        seen=form.before,
    )
    if not done:
        return _index(settings=form, status=422)
    flash(_("Your settings were saved."), "success")
    return pages.go(url_for(".index", slug=slug))


@blueprint.get("/<id:review_id>")
def show(slug: str, review_id: int) -> Response:
    """The members of a review, filtered, page by page, and what was answered."""
    organization, query = scope.organization(), request.args
    review = reviews.find(organization, review_id)
    filters = review_told.filters(query, review)
    return pages.render(
        "reviews/show.html",
        fragment=TABLE,
        review=review,
        page=review_lines.page(
            review, filters, after=query.get("after"), before=query.get("before")
        ),
        filters=filters,
        answers=review_lines.SHOWN,
        quiet=review_lines.QUIET,
        matching=review_lines.count(review, filters),
        counts=review_lines.counts(review),
        until=days.in_words(organization, review.due_at),
        end_of=partial(days.in_words, organization),
    )


@blueprint.post("/<id:review_id>/sponsors")
def ask_sponsors(slug: str, review_id: int) -> AnyResponse:
    """Ask sponsors by mail about the members they sponsor."""
    form = forms.ButtonForm()
    done = form.attempt(reviews.ask_sponsors, scope.organization(), review_id, by=scope.me())
    if not done:
        return pages.refused(form.refusal())
    flash(_("Sponsors are asked by mail."), "success")
    return pages.go(url_for(".show", slug=slug, review_id=review_id))


@blueprint.get("/<id:review_id>/stop")
def ask_stop(slug: str, review_id: int) -> Response:
    """The confirmation page before stopping a review."""
    return _ask_stop(reviews.find(scope.organization(), review_id), forms.ButtonForm())


@blueprint.post("/<id:review_id>/stop")
def stop(slug: str, review_id: int) -> AnyResponse:
    """Stop a review: what was answered stays."""
    form, organization = forms.ButtonForm(), scope.organization()
    done = form.attempt(reviews.stop, organization, review_id, by=scope.me())
    if not done:
        return _ask_stop(reviews.find(organization, review_id), form, 422)
    flash(_("The review is stopped. Nobody else loses access."), "success")
    return pages.go(url_for(".show", slug=slug, review_id=review_id))


@blueprint.get("/<id:review_id>/result.csv")
@limits.exports
def export(slug: str, review_id: int) -> AnyResponse:
    """The result as a file."""
    body = review_results.take(scope.organization(), review_id, by=scope.me())
    response = current_app.response_class(stream_with_context(body), mimetype="text/csv")
    name = f"{slug}-access-review-{review_id}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _index(
    start: StartForm | None = None, settings: ReviewSettingsForm | None = None, status: int = 200
) -> Response:
    organization = scope.organization()
    start = start or StartForm(formdata=None, silence=organization.review_silence)
    settings = settings or ReviewSettingsForm.showing(organization, formdata=None)
    return pages.render(
        "reviews/index.html",
        rows=reviews.newest(organization),
        start=start,
        settings=settings,
        first_form=settings if settings.errors else start,
        status=status,
    )


def _ask_stop(review: AccessReview, form: Form, status: int = 200) -> Response:
    left = review_lines.count(review, LineFilters())
    return pages.render("reviews/stop.html", review=review, form=form, left=left, status=status)
