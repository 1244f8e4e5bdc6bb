"""The public page at which strangers ask to join an organization, where it wants that."""

from __future__ import annotations

from flask import Blueprint, Response, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain import requests
from webapp.domain.requests import asks
from webapp.models import Organization
from webapp.web import language, limits, pages
from webapp.web.forms.requests import AskForm

blueprint = Blueprint("asking", __name__, url_prefix="/ask/<slug:slug>")


@blueprint.get("")
def show(slug: str) -> Response:
    """The form; off, suspended and unknown are not found alike."""
    return _page(_place(slug), AskForm())


@blueprint.post("")
@limits.asks
def ask(slug: str) -> AnyResponse:
    """Take down who asks; the same answer for every address."""
    place, form = _place(slug), AskForm()
    words = {"name": form.name.data, "reason": form.reason.data}
    done = form.attempt(asks.ask, place, email=form.email.data, **words)
    if not done:
        return _page(place, form, 422)
    return pages.go(url_for(".sent", slug=slug))


@blueprint.get("/sent")
def sent(slug: str) -> Response:
    """What happens next, whatever becomes of it."""
    return pages.render("asking/sent.html", asked=_place(slug))


def _place(slug: str) -> Organization:
    organization = asks.place(slug)
    language.prefer(lambda: organization.language)
    return organization


def _page(asked: Organization, form: AskForm, status: int = 200) -> Response:
    most = requests.REASON_MOST
    return pages.render("asking/index.html", asked=asked, form=form, most=most, status=status)
