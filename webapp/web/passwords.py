"""A forgotten password: asking for the mail, and the page of its link."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.accounts import password_resets
from webapp.domain.errors import NotFound
from webapp.web import limits, pages, session_cookie
from webapp.web.forms.accounts import ForgotForm, ResetForm, password_hint

blueprint = Blueprint("passwords", __name__)

SENT = (
    "If there is an account for this address, an email with a link leaves within half a minute. "
    "The link is good for an hour. If nothing comes within a few minutes, look in your spam folder."
)


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
    flash(SENT, "info")
    return pages.go(url_for("sign_in.show"))


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
    try:
        done = form.attempt(
            password_resets.reset, pages.sent_token(), password=form.password.data or ""
        )
    except NotFound:
        done = None
    if not done:
        return _page(form, 422)
    response = session_cookie.enter(done.result, url_for("home.index"))
    flash("Your new password is set. You are signed out everywhere else.", "success")
    return response


def _page(form: ResetForm, status: int = 200) -> Response:
    try:
        user = password_resets.look(pages.sent_token())
    except NotFound as refusal:
        return pages.render("passwords/ended.html", status=refusal.status)
    return pages.render(
        "passwords/reset.html", user=user, form=form, hint=password_hint(), status=status
    )
