"""Switching the user's second factor on and off."""

from __future__ import annotations

import segno
from flask import Blueprint, Response, flash, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.accounts import second_factors
from webapp.domain.errors import Refusal
from webapp.languages import gettext as _
from webapp.models import User
from webapp.web import limits, pages, scope
from webapp.web.forms import kept
from webapp.web.forms.second_factors import SwitchOffForm, SwitchOnForm
from webapp.web.limits import suspects

blueprint = Blueprint("second_factor", __name__, url_prefix="/account/second-factor")


@blueprint.get("")
def show() -> Response:
    """Whether it is on; if it is off, a secret to switch it on with."""
    user = scope.me()
    if user.has_second_factor:
        return _on(SwitchOffForm())
    offer = second_factors.offer(user)
    return _offer(SwitchOnForm(data={"offer": offer.sealed}), offer)


@blueprint.post("")
@limits.answers
@limits.guesses(suspects.signed_in)
def switch_on() -> AnyResponse:
    """Switch it on with the secret that was shown."""
    user, form = scope.me(), SwitchOnForm()
    typed = {"password": form.password.data or "", "code": form.code.data or ""}
    done = form.attempt(second_factors.switch_on, user, form.offer.data or "", **typed)
    if done:
        flash(_("The second factor is on. From now on you need a code to sign in."), "success")
        return pages.go(kept.waiting(user.id) or url_for(".show"))
    if user.has_second_factor:
        return _on(SwitchOffForm(), 422)
    return _offer(form, _same_or_new_offer(user, form), 422)


@blueprint.post("/off")
@limits.answers
@limits.guesses(suspects.signed_in)
def switch_off() -> AnyResponse:
    """Switch it off: sign in without a code."""
    form = SwitchOffForm()
    if not scope.me().has_second_factor:
        return pages.go(url_for(".show"))
    done = form.attempt(second_factors.switch_off, scope.me(), password=form.password.data or "")
    if not done:
        return _on(form, 422)
    flash(_("The second factor is off. You now sign in with your password alone."), "success")
    return pages.go(url_for(".show"))


def _same_or_new_offer(user: User, form: SwitchOnForm) -> second_factors.Offer:
    try:
        return second_factors.offered(user, form.offer.data or "")
    except Refusal as refusal:
        offer = second_factors.offer(user)
        form.offer.data = offer.sealed
        if not form.form_errors:
            form.refuse(refusal)
        return offer


def _on(form: SwitchOffForm, status: int = 200) -> Response:
    left = second_factors.codes_left(scope.me())
    return pages.render("second_factor/on.html", form=form, codes_left=left, status=status)


def _offer(form: SwitchOnForm, offer: second_factors.Offer, status: int = 200) -> Response:
    # Black on white also in dark mode: cameras do not read it inverted.
    drawing = segno.make(offer.uri, error="m").svg_inline(scale=4, border=4, light="white")
    return pages.render(
        "second_factor/off.html",
        form=form,
        offer=offer,
        drawing=Markup(drawing),  # noqa: S704 - drawn by segno from dots
        status=status,
    )
