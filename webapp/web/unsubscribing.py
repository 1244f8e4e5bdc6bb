"""Where a mail's unsubscribe link leads: a page with a button, and one click from mail programs."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.deliverability import unsubscribes
from webapp.domain.errors import NotFound
from webapp.web import limits, pages
from webapp.web.forms.registration import TokenForm

blueprint = Blueprint("unsubscribing", __name__, url_prefix="/unsubscribe")


@blueprint.get("")
@limits.openings
def show() -> Response:
    """What will happen, and the button; opening the page changes nothing."""
    return _page(TokenForm(data={"token": pages.sent_token()}))


@blueprint.post("")
@limits.answers
def unsubscribe() -> AnyResponse:
    """End this organization's mail to the address, by the page's button or by a mail program.

    A program posts the words of RFC 8058, without cookies or CSRF token: the signed link is
    enough. It is answered with 200, as §3.1 forbids redirects.
    """
    form = TokenForm()
    try:
        if request.form.get("List-Unsubscribe") == "One-Click":
            unsubscribes.unsubscribe(pages.sent_token())
            return _page(form)
        done = form.attempt(unsubscribes.unsubscribe, pages.sent_token())
    except NotFound:
        return _unknown()
    return pages.go(url_for(".show", token=pages.sent_token())) if done else _page(form, 422)


def _page(form: TokenForm, status: int = 200) -> Response:
    try:
        invitation, done = unsubscribes.look(pages.sent_token())
    except NotFound:
        return _unknown()
    return pages.render(
        "unsubscribing/index.html", invitation=invitation, done=done, form=form, status=status
    )


def _unknown() -> Response:
    return pages.render("registration/unknown.html", status=404)
