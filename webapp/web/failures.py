"""Errors: a page for people, a problem document for programs."""

from __future__ import annotations

import logging
from types import TracebackType

from flask import Flask, Response, g, make_response, render_template, request
from flask_limiter.errors import RateLimitExceeded
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from webapp import outages, trace
from webapp.domain.errors import Refusal
from webapp.domain.events.callers import SignedOut
from webapp.outages import Outage
from webapp.web import admission, limits, pages, request_log, request_metrics
from webapp.web.api import guard, problems
from webapp.web.forms import double_submission, sent

log = logging.getLogger("gatehouse.web")

TITLES = {
    400: ("This request could not be read", "Go back, reload the page and try again."),
    403: ("This is not yours to do", "Ask an admin of your organization."),
    404: ("There is nothing here", "Check the address, or start from the first page."),
    405: ("This address is not used like that", "Go back and use the page's own buttons."),
    409: ("This is still being done", "Wait a minute, then open the page again."),
    410: ("This link has ended", "Ask whoever invited you for a new one."),
    413: ("This is too much at once", "Send less text, and try again."),
    429: ("Too many tries", "Wait a little, then try again."),
}
BROKEN = (
    "Something broke on our side",
    "Nothing was changed. Try again; if it happens again, tell the operator of this "
    "installation the number below.",
)
# The title, the advice, and after how many seconds to try again.
OUTAGES = {
    Outage.BUSY: ("Too much is going on at once", "Nothing was changed.", 5),
    Outage.FULL: ("Nothing can be saved at the moment", "Nothing was changed.", 60),
    Outage.READ_ONLY: ("Nothing can be saved at the moment", "Nothing was changed.", 60),
    # A connection that broke at the end may have broken after everything was written.
    Outage.AWAY: (
        "The database does not answer",
        "If this was to change something, check first whether it did.",
        10,
    ),
}
SEND_AGAIN = (
    "Wait a little, then reload this page, which sends it once more. If it happens again, tell "
    "the operator of this installation the number below."
)


def mount(app: Flask) -> None:
    """Register the handlers of all errors."""
    app.register_error_handler(Refusal, _refusal)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(problems.Invalid, problems.of_invalid)
    app.register_error_handler(problems.Unreadable, problems.of_unreadable)
    app.register_error_handler(problems.Contradiction, problems.of_contradiction)
    app.register_error_handler(Exception, _broken)


def _refusal(refusal: Refusal) -> AnyResponse:
    if guard.is_call():
        return problems.of_refusal(refusal)
    double_submission.was_refused()
    if isinstance(refusal, SignedOut):
        return admission.to_sign_in()
    if refusal.status == 422:
        return pages.refused(refusal)
    title, _ = TITLES.get(refusal.status, TITLES[400])
    return page(refusal.status, title, refusal.message)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:  # a redirect by werkzeug
        return make_response(error.get_response())
    status = error.code or 500
    original = getattr(error, "original_exception", None)
    if isinstance(original, Exception):  # an error after the view
        return _broken(original)
    if 300 <= status < 400:
        return make_response(error.get_response())
    if isinstance(error, RateLimitExceeded):
        request_metrics.note_limited(request_log.route())
    if guard.is_call():
        return problems.of_http(error)
    title, advice = TITLES.get(status, TITLES[400] if status < 500 else BROKEN)
    if isinstance(error, RateLimitExceeded):
        wait = limits.seconds_left()
        minutes = "a minute" if wait <= 60 else f"{-(-wait // 60)} minutes"
        advice = f"Too many tries came from here. Nothing was done. Wait {minutes}, then try again."
    response = page(status, title, advice)
    if isinstance(error, RateLimitExceeded):
        response.headers["Retry-After"] = str(wait)
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _broken(error: Exception) -> Response:
    outage = outages.of(error)
    if outage is not None:
        return _unavailable(error, outage)
    # The message may hold what somebody typed; the type and the traceback are enough.
    log.error("%s in %s", type(error).__name__, request.endpoint, exc_info=_safe(error))
    return problems.of_broken() if guard.is_call() else page(500, *BROKEN)


def _unavailable(error: Exception, outage: Outage) -> Response:
    # Not a fault of the program, so a traceback would only fill the log.
    log.error("%s in %s: the database is %s", type(error).__name__, request.endpoint, outage.value)
    title, advice, seconds = OUTAGES[outage]
    if guard.is_call():
        return problems.of_outage(f"{title}. {advice}", seconds)
    response = page(503, title, f"{advice} {SEND_AGAIN}")
    response.headers["Retry-After"] = str(seconds)
    return response


def _safe(error: Exception) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    return type(error), type("Hidden", (Exception,), {})(), error.__traceback__


def page(status: int, title: str, advice: str) -> Response:
    """The page of an error: what happened, and what to do next."""
    request_id = trace.current().request_id
    fragment = pages.Fragment("_error.html", "#messages", "innerHTML")
    try:
        sent.show_typed()
        return pages.render(
            "error.html",
            fragment=fragment,
            status=status,
            title=title,
            advice=advice,
            request_id=request_id,
        )
    except Exception:
        # Without the database the ordinary page cannot say who is signed in.
        log.exception("the error page itself failed")
        g.session = g.user = g.membership = g.organization = None
        return make_response(
            render_template("broken.html", title=title, advice=advice, request_id=request_id),
            status,
        )
