"""Yes, and as whom: what most checks are answered, past all that surrounds other requests.

A proxy asks before every picture of every page. So this is tried first: no session, no limits, no
line in the log, one read. Whatever else is to be answered is left to the view in `gate`.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from flask import Flask, Request

from webapp.domain.applications import entry, visit_checks
from webapp.domain.applications.visit_checks import LiveVisit
from webapp.web import forwarded, request_metrics, visit_cookie
from webapp.web.response_headers import ALWAYS, NOT_KEPT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PAGES = ("GET", "HEAD")  # by which a browser asks for one
NAMES = ("Remote-User", "Remote-Email", "Remote-Name", "Remote-Groups")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
_USUAL = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Length", "0"),
    *ALWAYS.items(),
    *NOT_KEPT.items(),
]


def before(app: Flask, others: WSGIApplication) -> WSGIApplication:
    """The application, with these answers before all others."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        is_check = environ["PATH_INFO"] == forwarded.CHECK
        passed = _passed(app, Request(environ)) if is_check else None
        if is_check and environ["REQUEST_METHOD"] not in PAGES:
            # Some proxies ask by the method of the request itself, of which programs invent more.
            environ = {**environ, "REQUEST_METHOD": "POST"}
        if passed is None:
            return others(environ, start_response)
        start_response("200 OK", passed)
        return []

    return answer


def headers(visit: LiveVisit) -> list[tuple[str, str]]:
    """The answer for somebody who may enter: beyond ASCII in UTF-8, as most programs read it.

    The user is the address and never the username: people choose that themselves, and could choose
    the name that somebody else has in the program.
    """
    texts = (visit.email, visit.email, visit.full_name, ",".join(entry.group_slugs(visit)))
    names = [_UNPRINTABLE.sub(" ", text).encode().decode("latin-1") for text in texts]
    return [*zip(NAMES, names, strict=True), *_USUAL]


def _passed(app: Flask, asked: Request) -> list[tuple[str, str]] | None:
    began = time.perf_counter()
    try:
        with app.app_context():
            visit = visit_cookie.visit(asked, *forwarded.asked_about(asked))
            if visit is None or entry.barrier(visit) or visit_checks.is_due(visit):
                return None
    except Exception:  # the view will meet it again, and say it as every view does
        return None
    seconds = time.perf_counter() - began
    request_metrics.note_request(asked.method, forwarded.CHECK, 200, seconds)
    return headers(visit)
