"""The browsers in which the user is signed in, and signing them out."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain import user_agents
from webapp.domain.accounts import sessions
from webapp.languages import gettext, ngettext
from webapp.web import forms, pages, scope, session_cookie

blueprint = Blueprint("account_sessions", __name__, url_prefix="/account/sessions")


@blueprint.get("")
def index() -> Response:
    """Every browser that is signed in; this one is marked."""
    own_sessions = [
        (session, user_agents.name(session.device)) for session in sessions.of(scope.me())
    ]
    return pages.render("account_sessions/index.html", sessions=own_sessions, here_id=_own_id())


@blueprint.post("/<id:session_id>/end")
def end(session_id: int) -> AnyResponse:
    """Sign one browser out, possibly this one."""
    form = forms.ButtonForm()
    done = form.attempt(sessions.end_one, scope.me(), session_id)
    if not done:
        return pages.refused(form.refusal())
    if session_id == _own_id():
        response = pages.go(url_for("sign_in.show"))
        session_cookie.sign_out(response)
        return response
    flash(gettext("That browser is signed out."), "success")
    return pages.go(url_for(".index"))


@blueprint.post("/end-others")
def end_others() -> AnyResponse:
    """Sign every other browser out."""
    form = forms.ButtonForm()
    done = form.attempt(sessions.end_others, scope.me(), _own_id())
    if not done:
        return pages.refused(form.refusal())
    words = ngettext(
        "%(num)s other browser is signed out. You stay signed in here.",
        "%(num)s other browsers are signed out. You stay signed in here.",
        done.result,
    )
    flash(words, "success")
    return pages.go(url_for(".index"))


def _own_id() -> int:
    session = scope.current_session()
    return session.id if session else 0
