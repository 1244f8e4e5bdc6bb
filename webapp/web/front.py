"""The front: what happens around every request, and where the pages hang."""

from __future__ import annotations

import logging
from types import TracebackType
from urllib.parse import unquote_to_bytes

from flask import Flask, Response, abort, g, make_response, render_template, request
from flask_limiter.errors import RateLimitExceeded
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, IntegerConverter

from webapp import config, trace
from webapp.config import Settings
from webapp.domain.errors import Refusal
from webapp.web import (
    account,
    account_data,
    account_sessions,
    bulk_imports,
    corrections,
    departures,
    health,
    home,
    invitations,
    journal,
    limits,
    mail_health,
    mail_templates,
    mailbox,
    measures,
    members,
    metrics,
    pages,
    passwords,
    registration,
    reports,
    resend_webhook,
    scope,
    second_factor,
    selections,
    settings,
    sign_in,
    unsubscribing,
)
from webapp.web.access import ACCESS

log = logging.getLogger("gatehouse.web")

# Everything comes from here; nothing is written inline, so nothing injected runs.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PARTS = (
    home,
    health,
    metrics,
    sign_in,
    passwords,
    account,
    registration,
    invitations,
    bulk_imports,
    corrections,
    members,
    reports,
    selections,
    account_sessions,
    account_data,
    departures,
    second_factor,
    settings,
    unsubscribing,
    resend_webhook,
    mail_templates,
    mail_health,
)
# Meant for other sites' programs: what they send is signed by us or with our secret.
FROM_ANYWHERE = {"unsubscribing.unsubscribe", "resend_webhook.take"}
# Where files are sent: their views read the body, piece by piece, once it is known who sends it.
UPLOADS = {"bulk_imports.read": bulk_imports.BODY_BYTES}
BIGGEST_ID = 2**63 - 1


class SlugConverter(BaseConverter):
    """An organization's slug in an address."""

    regex = "[a-z0-9-]{2,40}"


class IdConverter(IntegerConverter):
    """A row's id in an address; larger numbers than a database holds are no address."""

    def __init__(self, map: object, *args: object, **kwargs: object) -> None:
        super().__init__(map, min=1, max=BIGGEST_ID)  # type: ignore[arg-type]


def mount(app: Flask, settings: Settings, version: str) -> None:
    """Hang all pages into the application; fails when the access table misses one."""
    # Merging would redirect //login to whatever host the request names.
    app.url_map.merge_slashes = False
    app.url_map.converters.update(slug=SlugConverter, id=IdConverter)
    pages.start(app, version)
    for part in PARTS:
        app.register_blueprint(part.blueprint)
    if settings.gatehouse_env == "development" and settings.is_local:
        app.register_blueprint(mailbox.blueprint)
    missing = set(app.view_functions) - set(ACCESS)
    if missing:
        raise RuntimeError(f"no row in the access table: {', '.join(sorted(missing))}")
    app.before_request(_begin)
    app.before_request(_refuse_other_sites)
    app.before_request(_refuse_broken_text)
    app.before_request(scope.admit)
    app.after_request(scope.note_activity)
    app.after_request(_finish)
    app.register_error_handler(Refusal, _refusal)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _broken)


def _begin() -> None:
    journal.begin()
    trace.begin(trace.new_id(), request.remote_addr or "", request.headers.get("User-Agent", ""))


def _refuse_other_sites() -> Response | None:
    """Another site's page posts nothing here, before any form's own guard (Fetch Metadata)."""
    if request.method != "POST" or request.endpoint in FROM_ANYWHERE:
        return None
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return _page(403, "This came from another site", "Open the page here and try again.")
    return None


def _refuse_broken_text() -> None:
    """A form whose bytes are no UTF-8: werkzeug would keep them as they are, percent signs and all.

    Reading it here also refuses a body that is too large, whether or not the view asks for it.
    """
    if request.endpoint in UPLOADS:
        request.max_content_length = request.max_form_memory_size = UPLOADS[request.endpoint]
    elif request.method == "POST":
        body = request.get_data(parse_form_data=False)
        if request.mimetype == "application/x-www-form-urlencoded":
            try:
                unquote_to_bytes(body).decode("utf-8")
            except UnicodeDecodeError:
                abort(400)


def _finish(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    # Links carry tokens in their query: nobody hears where a request came from (rule 5).
    headers["Referrer-Policy"] = "no-referrer"
    if config.current().https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
    elif response.status_code == 200:
        # Read at once: it is packed like a page then, and its file closed with the answer.
        response.direct_passthrough = False
        response.get_data()
    if request.endpoint not in ("static", "health.alive"):
        journal.note(response.status_code)
    headers["X-Request-ID"] = trace.current().request_id
    return response


TITLES = {
    400: ("This request could not be read", "Go back, reload the page and try again."),
    403: ("This is not yours to do", "Ask an admin of your organization."),
    404: ("There is nothing here", "Check the address, or start from the first page."),
    405: ("This address is not used like that", "Go back and use the page's own buttons."),
    410: ("This link has ended", "Ask whoever invited you for a new one."),
    413: ("This is too much at once", "Send less text, and try again."),
    429: ("Too many tries", "Wait a little, then try again."),
}
BROKEN = (
    "Something broke on our side",
    "Nothing was changed. Try again; if it happens again, tell the operator of this "
    "installation the number below.",
)


def _refusal(refusal: Refusal) -> Response:
    if refusal.status == 422:
        return pages.refused(refusal)
    title, _ = TITLES.get(refusal.status, TITLES[400])
    return _page(refusal.status, title, refusal.message)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:  # a redirect of werkzeug's own
        return make_response(error.get_response())
    status = error.code or 500
    if 300 <= status < 400:
        return make_response(error.get_response())
    title, advice = TITLES.get(status, TITLES[400] if status < 500 else BROKEN)
    if isinstance(error, RateLimitExceeded):
        measures.note_limited(journal.route())
        wait = limits.seconds_left()
        minutes = "a minute" if wait <= 60 else f"{-(-wait // 60)} minutes"
        advice = f"Too many tries came from here. Nothing was done. Wait {minutes}, then try again."
    response = _page(status, title, advice)
    if isinstance(error, RateLimitExceeded):
        response.headers["Retry-After"] = str(wait)
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _broken(error: Exception) -> Response:
    # The message may hold what somebody typed; the kind and the place are enough to find it.
    log.error("%s in %s", type(error).__name__, request.endpoint, exc_info=_safe(error))
    return _page(500, *BROKEN)


def _safe(error: Exception) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    return type(error), type("Hidden", (Exception,), {})(), error.__traceback__


def _page(status: int, title: str, advice: str) -> Response:
    request_id = trace.current().request_id
    fragment = pages.Fragment("_error.html", "#messages", "innerHTML")
    try:
        return pages.render(
            "error.html",
            fragment=fragment,
            status=status,
            title=title,
            advice=advice,
            request_id=request_id,
        )
    except Exception:
        # With the database away the ordinary page cannot say who is signed in.
        log.exception("the error page itself failed")
        g.session = g.user = g.membership = g.organization = None
        return make_response(
            render_template("broken.html", title=title, advice=advice, request_id=request_id),
            status,
        )
