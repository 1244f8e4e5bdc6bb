"""The page of the link that confirms an address: its holder sets a password."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.accounts import confirmations
from webapp.domain.errors import NotFound
from webapp.languages import gettext as _
from webapp.web import limits, pages, session_cookie
from webapp.web.forms.accounts import ConfirmForm, password_hint

blueprint = Blueprint("confirming", __name__, url_prefix="/confirm")


@blueprint.get("")
@limits.openings
def ask() -> Response:
    """The form for the new password."""
    return _page(ConfirmForm(data={"token": pages.sent_token()}))


@blueprint.post("")
@limits.answers
def confirm() -> AnyResponse:
    """The mailbox's holder takes the account over; all earlier sessions end."""
    form = ConfirmForm()
    done = form.attempt(
        confirmations.confirm, pages.sent_token(), password=form.password.data or ""
    )
    if not done:
        return _page(form, 422)
    response = session_cookie.enter(done.result, url_for("home.index"))
    flash(_("Your address is confirmed, and your new password is set."), "success")
    return response


def _page(form: ConfirmForm, status: int = 200) -> Response:
    user = confirmations.look(pages.sent_token())
    return pages.render(
        "confirming/index.html", user=user, form=form, hint=password_hint(), status=status
    )


@blueprint.errorhandler(NotFound)
def _ended(refusal: NotFound) -> Response:
    return pages.render("confirming/ended.html", status=refusal.status)
