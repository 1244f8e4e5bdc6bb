"""How a browser is signed in: the cookie with the token of its session."""

from __future__ import annotations

from functools import partial

from flask import Response, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import config
from webapp.domain.accounts import session_lifetimes, sessions, sign_ins
from webapp.models import Session
from webapp.web import scope
from webapp.web.forms import double_submission, form_cookie, kept
from webapp.web.limits import known_devices


def name() -> str:
    """The session cookie's name; __Host- binds it to the host (RFC 6265bis 4.1.3)."""
    return "__Host-gatehouse" if config.current().https else "gatehouse"


def find_session() -> Session | None:
    """The session that the request's cookie belongs to, if it may still act."""
    token = request.cookies.get(name())
    return sessions.find(token) if token else None


def ended_session() -> Session | None:
    """The session that this browser had until it ended, by its cookie or what the form cookie says.

    Browsers drop the session's own cookie as it ends by age or by signing out in another tab.
    """
    token = request.cookies.get(name())
    return (sessions.find_any(token) if token else None) or form_cookie.last_session()


def sign_in(response: Response | AnyResponse, token: str) -> None:
    """Put the session's token in the browser, in place of any that it had."""
    before, now = scope.present_session(), sessions.find(token)
    if before is not None:
        sessions.end(before.id)
    double_submission.emptied(partial(kept.welcome, response, now))
    if now is not None:
        known_devices.remember(response, now.user)
    response.set_cookie(
        name(),
        token,
        max_age=int(session_lifetimes.lifetime().total_seconds()),
        secure=config.current().https,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def enter(outcome: str | sign_ins.SecondStep, address: str) -> AnyResponse:
    """Go to the address signed in, or first to where the second factor is asked for."""
    if isinstance(outcome, sign_ins.SecondStep):
        session["second_step"] = outcome.pending
        return redirect(url_for("sign_in.ask_code", next=address), 303)
    response = redirect(address, 303)
    sign_in(response, outcome)
    return response


def sign_out(response: Response | AnyResponse) -> None:
    """End the request's session in the database and drop its cookie."""
    present = scope.present_session()
    if present is not None:
        sessions.end(present.id)
    double_submission.emptied(partial(form_cookie.empty, present))
    response.delete_cookie(
        name(), path="/", secure=config.current().https, httponly=True, samesite="Lax"
    )
