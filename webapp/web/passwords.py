"""A forgotten password: asking for the mail, and the page of its link."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.accounts import password_resets
from webapp.domain.errors import NotFound
from webapp.languages import gettext as _
from webapp.web import limits, pages, session_cookie
from webapp.web.forms.accounts import ForgotForm, ResetForm, password_hint

blueprint = Blueprint("passwords", __name__)


@blueprint.get("/password/forgot")
def ask() -> Response:
    """The form that asks for the address."""
    return pages.render("passwords/forgot.html", form=ForgotForm())


@blueprint.post("/password/forgot")
@limits.resets
def send() -> AnyResponse:
    """Mail the link; the same answer for every address (rule 16)."""
    form = ForgotForm()
    done = form.attempt(password_resets.request, form.email.data or "")
    if not done:
        return pages.render("passwords/forgot.html", form=form, status=422)
    return pages.go(url_for(".sent"))


@blueprint.get("/password/forgot/sent")
def sent() -> Response:
    """What to do next, whether or not there is an account."""
    return pages.render("passwords/sent.html")


@blueprint.get("/password/reset")
@limits.openings
def show() -> Response:
    """The page of a mailed link; opening it changes nothing."""
    return _page(ResetForm(data={"token": pages.sent_token()}))


@blueprint.post("/password/reset")
@limits.answers
def reset() -> AnyResponse:
    """Set the new password; all earlier sessions end, and this browser is signed in."""
    form = ResetForm()
    done = form.attempt(
        password_resets.reset, pages.sent_token(), password=form.password.data or ""
    )
    if not done:
        return _page(form, 422)
    response = session_cookie.enter(done.result, url_for("home.index"))
    flash(_("Your new password is set. You are signed out everywhere else."), "success")
    return response


def _page(form: ResetForm, status: int = 200) -> Response:
    user = password_resets.look(pages.sent_token())
    return pages.render(
        "passwords/reset.html", user=user, form=form, hint=password_hint(), status=status
    )


@blueprint.errorhandler(NotFound)
def _ended(refusal: NotFound) -> Response:
    return pages.render("passwords/ended.html", status=refusal.status)
