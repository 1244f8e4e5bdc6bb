"""The unsubscribe link of a mail: a page with a button, and one-click for mail programs."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.accounts import notice_choices
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
    """End this organization's mail to the address; for the page's button and mail programs.

    A program posts the body of RFC 8058, without cookies or CSRF token: the signed link is
    enough. The answer is 200, because §3.1 forbids redirects.
    """
    form = TokenForm()
    if request.form.get("List-Unsubscribe") == "One-Click":
        unsubscribes.unsubscribe(pages.sent_token())
        return _page(form)
    done = form.attempt(unsubscribes.unsubscribe, pages.sent_token())
    return pages.go(url_for(".show", token=pages.sent_token())) if done else _page(form, 422)


@blueprint.get("/notices")
@limits.openings
def show_notices() -> Response:
    """What will happen to the mails about people they invited; changes nothing."""
    return _notices_page(TokenForm(data={"token": pages.sent_token()}))


@blueprint.post("/notices")
@limits.answers
def stop_notices() -> AnyResponse:
    """Turn those mails off; for the page's button and, in the same way, for mail programs."""
    form = TokenForm()
    if request.form.get("List-Unsubscribe") == "One-Click":
        notice_choices.stop(pages.sent_token())
        return _notices_page(form)
    done = form.attempt(notice_choices.stop, pages.sent_token())
    if not done:
        return _notices_page(form, 422)
    return pages.go(url_for(".show_notices", token=pages.sent_token()))


def _notices_page(form: TokenForm, status: int = 200) -> Response:
    user = notice_choices.look(pages.sent_token())
    is_done = user.inviter_notices == notice_choices.OFF
    return pages.render(
        "unsubscribing/notices.html", email=user.email, done=is_done, form=form, status=status
    )


def _page(form: TokenForm, status: int = 200) -> Response:
    invitation, is_done = unsubscribes.look(pages.sent_token())
    return pages.render(
        "unsubscribing/index.html", invitation=invitation, done=is_done, form=form, status=status
    )


@blueprint.errorhandler(NotFound)
def _unknown(refusal: NotFound) -> Response:
    return pages.render("unsubscribing/unknown.html", status=refusal.status)
