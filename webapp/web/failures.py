"""Errors: a page for people, a problem document for programs."""

from __future__ import annotations

import logging
from types import TracebackType

from flask import Flask, Response, g, make_response, render_template, request
from flask_limiter.errors import RateLimitExceeded
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from webapp import outages, trace
from webapp.domain.errors import NotFound, Refusal
from webapp.domain.events.callers import SignedOut
from webapp.domain.organizations.ended_access import AccessEnded
from webapp.languages import gettext, marked, ngettext
from webapp.outages import Outage
from webapp.web import (
    admission,
    forwarded,
    gate_pages,
    limits,
    openid_faults,
    pages,
    request_log,
    request_metrics,
    scope,
)
from webapp.web.api import guard, problems
from webapp.web.forms import double_submission, sent

log = logging.getLogger("gatehouse.web")

TITLES = {
    400: (
        marked("We could not read this request"),
        marked("Go back, reload the page and try again."),
    ),
    403: (
        marked("You do not have permission to do this"),
        marked("Ask an admin of your organization."),
    ),
    404: (marked("There is nothing here"), marked("Check the address, or go to the start page.")),
    405: (
        marked("This address does not work like that"),
        marked("Go back and use the buttons on the page."),
    ),
    409: (marked("This is still being done"), marked("Wait a minute, then open the page again.")),
    410: (
        marked("This link no longer works"),
        marked("Ask the person who invited you for a new one."),
    ),
    413: (marked("This is too large"), marked("Send less text, then try again.")),
    429: (marked("Too many attempts"), marked("Wait a little, then try again.")),
}
ENDED = marked("Your access has ended")
BROKEN = (
    marked("Something broke on our side"),
    marked(
        "Nothing was changed. Try again. If it keeps happening, tell the people who run this "
        "site, and give them the reference below."
    ),
)
# The title, the advice, and after how many seconds to try again.
OUTAGES = {
    Outage.BUSY: (marked("The site is too busy"), marked("Nothing was changed."), 5),
    Outage.FULL: (marked("Nothing can be saved right now"), marked("Nothing was changed."), 60),
    Outage.READ_ONLY: (
        marked("Nothing can be saved right now"),
        marked("Nothing was changed."),
        60,
    ),
    # A connection that broke at the end may have broken after everything was written.
    Outage.AWAY: (
        marked("The database is not answering"),
        marked("If you were changing something, check first whether the change was made."),
        10,
    ),
}
SEND_AGAIN = marked(
    "Wait a little, then reload this page to send it again. If it keeps happening, tell the people "
    "who run this site, and give them the reference below."
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
    if isinstance(refusal, AccessEnded):
        title = ENDED
    return page(refusal.status, gettext(title), refusal.message)


def _http_error(error: HTTPException) -> AnyResponse:
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
    words = TITLES.get(status, TITLES[400] if status < 500 else BROKEN)
    title, advice = (gettext(part) for part in words)
    if isinstance(error, RateLimitExceeded):
        wait = limits.seconds_left()
        advice = ngettext(
            "Nothing was done this time. Wait a minute, then try again.",
            "Nothing was done this time. Wait %(num)s minutes, then try again.",
            max(1, -(-wait // 60)),
        )
    response = page(status, title, advice)
    if isinstance(error, RateLimitExceeded):
        response.headers["Retry-After"] = str(wait)
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _broken(error: Exception) -> AnyResponse:
    if outages.is_of_deleted(error):
        return _refusal(NotFound(gettext(TITLES[404][1])))
    outage = outages.of(error)
    if outage is not None:
        return _unavailable(error, outage)
    # The message may hold what somebody typed; the type and the traceback are enough.
    log.error("%s in %s", type(error).__name__, request.endpoint, exc_info=_safe(error))
    return problems.of_broken() if guard.is_call() else page(500, *map(gettext, BROKEN))


def _unavailable(error: Exception, outage: Outage) -> Response:
    # Not a fault of the program, so a traceback would only fill the log.
    what = "disk" if isinstance(error, OSError) else "database"
    log.error("%s in %s: the %s is %s", type(error).__name__, request.endpoint, what, outage.value)
    title, advice, seconds = OUTAGES[outage]
    if guard.is_call():
        return problems.of_outage(f"{title}. {advice}", seconds)
    response = page(503, gettext(title), f"{gettext(advice)} {gettext(SEND_AGAIN)}")
    response.headers["Retry-After"] = str(seconds)
    return response


def _safe(error: Exception) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    return type(error), type("Hidden", (Exception,), {})(), error.__traceback__


def page(status: int, title: str, advice: str) -> Response:
    """The page of an error: what happened, and what to do next."""
    if openid_faults.is_asked():
        return openid_faults.of_status(status)
    request_id = trace.current().request_id
    if forwarded.is_asked():
        facts = {"title": title, "advice": advice, "request_id": request_id}
        return gate_pages.render("gate/bare.html", status, **facts)
    fragment = pages.Fragment("_error.html", "#messages", "innerHTML")
    try:
        if status >= 500:
            g.frame = g.get("membership")  # the database may not answer
        elif scope.user() is None:  # no such address, or refused before anybody was asked for
            admission.recognize()
        sent.show_typed()
        return pages.render(
            "error.html",
            fragment=fragment,
            status=status,
            title=title,
            advice=advice,
            request_id=request_id,
        )
    except Exception as error:
        # Without the database the ordinary page cannot say who is signed in.
        if outages.of(error) is None:
            log.exception("the error page itself failed")
        g.session = g.user = g.membership = g.organization = g.frame = None
        return make_response(
            render_template("broken.html", title=title, advice=advice, request_id=request_id),
            status,
        )
