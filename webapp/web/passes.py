"""Yes, and as whom: what most checks are answered, past all that surrounds other requests.

A proxy asks before every picture of every page. So this is tried first: no session, no limits, no
line in the log, one read. Whatever else is to be answered is left to the view in `gate`.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from webapp.domain.applications.visit_checks import Checked
from webapp.web import forwarded, request_metrics, visit_cookie
from webapp.web.response_headers import ALWAYS, NOT_KEPT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NAMES = ("Remote-User", "Remote-Email", "Remote-Name", "Remote-Groups")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
_USUAL = [*ALWAYS.items(), *NOT_KEPT.items()]


def before(app: Flask, others: WSGIApplication) -> WSGIApplication:
    """The application, with these answers before all others."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        passed = _passed(app, environ) if environ["PATH_INFO"] == forwarded.CHECK else None
        return (passed or others)(environ, start_response)

    return answer


def of(visit: Checked) -> Response:
    """The answer for somebody who may enter: beyond ASCII in UTF-8, as most programs read it.

    The user is the address and never the username: people choose that themselves, and could choose
    the name that somebody else has in the program.
    """
    texts = (visit.email, visit.email, visit.name, ",".join(visit.groups))
    names = [_UNPRINTABLE.sub(" ", text).encode().decode("latin-1") for text in texts]
    headers = [*zip(NAMES, names, strict=True), *_USUAL]
    return Response(headers=headers, mimetype="text/plain")


def _passed(app: Flask, environ: WSGIEnvironment) -> Response | None:
    began = time.perf_counter()
    try:
        with app.request_context(environ):
            asked = request.args.getlist("application")
            host = forwarded.host(is_named=bool(asked))
            visit = visit_cookie.visit(host, *asked) if len(asked) < 2 else None
    except Exception:  # the view will meet it again, and say it as every view does
        return None
    if visit is None or visit.barrier is not None or visit.is_due:
        return None
    seconds = time.perf_counter() - began
    request_metrics.note_request(environ["REQUEST_METHOD"], forwarded.CHECK, 200, seconds)
    return of(visit)
