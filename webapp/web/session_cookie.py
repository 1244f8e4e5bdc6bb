"""Signing a browser in and out: the cookie with the token of its session."""

from __future__ import annotations

from functools import partial

from flask import Response, redirect, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.accounts import session_lifetimes, sessions, sign_ins
from webapp.models import Session
from webapp.web import cookies, last_activity, scope
from webapp.web.forms import double_submission, form_cookie, kept
from webapp.web.limits import known_devices

COOKIE = "gatehouse"


def find_session() -> Session | None:
    """The session of the request's cookie, if it is still valid."""
    token = cookies.read(COOKIE)
    return sessions.find(token) if token else None


def ended_session() -> Session | None:
    """The session that ended in this browser, by its cookie or else by the form cookie.

    Browsers drop the session cookie when it expires or when another tab signs out.
    """
    token = cookies.read(COOKIE)
    return (sessions.find_any(token) if token else None) or form_cookie.last_session()


def sign_in(response: Response | AnyResponse, token: str) -> None:
    """Give the browser this session's token, and end the session that it had."""
    old_session, new_session = scope.current_session(), sessions.find(token)
    if old_session is not None:
        sessions.end(old_session.id)
    double_submission.empty_cookie(partial(kept.welcome, response, new_session))
    if new_session is not None:
        known_devices.remember(response, new_session.user)
        last_activity.signed_in(new_session)
    cookies.put(response, COOKIE, token, int(session_lifetimes.lifetime().total_seconds()))


def enter(outcome: str | sign_ins.SecondStep, address: str) -> AnyResponse:
    """Sign in and go to the address; first ask for the second factor if one is needed."""
    if isinstance(outcome, sign_ins.SecondStep):
        session["second_step"] = outcome.pending
        return redirect(url_for("sign_in.ask_code", next=address), 303)
    response = redirect(address, 303)
    sign_in(response, outcome)
    return response


def sign_out(response: Response | AnyResponse) -> None:
    """End the request's session in the database and drop its cookie."""
    ending = scope.current_session()
    if ending is not None:
        sessions.end(ending.id)
    double_submission.empty_cookie(partial(form_cookie.empty, ending))
    cookies.drop(response, COOKIE)
