"""OpenID Connect: signing out at the wish of a program (RP-Initiated Logout 1.0)."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.openid import clients, hints, logouts
from webapp.domain.openid.faults import Untrusted
from webapp.domain.openid.requests import joined
from webapp.languages import gettext as _
from webapp.web import (
    failures,
    forms,
    limits,
    onward,
    openid_parameters,
    pages,
    scope,
    session_cookie,
)

blueprint = Blueprint("openid_logout", __name__, url_prefix="/oauth/logout")

NAMES = (hints.NAME, "client_id", "post_logout_redirect_uri", "state")
_KEPT = re.compile(r"[^\x00-\x1f\x7f\ufffd]*")


@blueprint.get("")
@limits.openings
def ask() -> AnyResponse:
    """Sign out at once if the program shows an id_token of this very session; else ask first."""
    sent = _sent(openid_parameters.asked())
    hint = hints.read(sent[hints.NAME]) if hints.NAME in sent else None
    back = _way_back(sent, hint)
    session = scope.current_session()
    if session is None:
        return back
    if hint is None or hint["sid"] not in logouts.of_session(session.id):
        return pages.render("openid/logout.html", form=forms.ButtonForm(), fields=sent)
    session_cookie.sign_out(back)
    return back


@blueprint.post("")
@limits.openings
def log_out() -> AnyResponse:
    """The button of that page. A program's post goes to the page, as it comes without cookies."""
    sent = _sent(request.form.to_dict(flat=False))
    again = pages.go(f"{url_for('.ask')}?{urlencode(hints.for_address(sent.items()))}")
    if "csrf_token" not in request.form or scope.user() is None:
        return again
    form = forms.ButtonForm()
    done = form.attempt(session_cookie.sign_out, again)
    return again if done else pages.render("openid/logout.html", form=form, fields=sent, status=422)


def _sent(values: dict[str, list[str]]) -> dict[str, str]:
    """What we know of what was sent, each value once, and such as a form sends back unchanged."""
    sent = {name: values[name] for name in NAMES if name in values}
    if any(len(several) > 1 or not _KEPT.fullmatch(several[0]) for several in sent.values()):
        raise Untrusted
    return {name: value for name, (value,) in sent.items() if value}


def _way_back(sent: dict[str, str], hint: dict[str, str] | None) -> AnyResponse:
    """To where the program wants the visitor: exactly one of its addresses; else to sign in."""
    wanted = sent.get("post_logout_redirect_uri")
    named = {sent.get("client_id"), hint["aud"] if hint else None} - {None}
    if wanted is None:
        return pages.go(url_for("sign_in.show"))
    client = clients.find(str(named.pop())) if len(named) == 1 else None
    if client is None or wanted not in client.post_logout_redirect_uris:
        raise Untrusted
    address = joined(wanted, {"state": sent["state"]}) if "state" in sent else wanted
    return onward.to(address, client.application.name)


@blueprint.errorhandler(Untrusted)
def _untrusted(_untrusted: Untrusted) -> Response:
    advice = _(
        "You are still signed in. Gatehouse does not know the program that sent you here, or the "
        "address it wants you sent back to. Tell the people who run the program."
    )
    return failures.page(400, _("We do not know this program"), advice)
