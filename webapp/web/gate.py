"""The gate before applications: what proxies ask at every request, and the way in on our own host.

On the application's host the way in is in `gate_visits`.
"""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.accounts import sessions
from webapp.domain.applications import entry, hosts, record, visit_checks, visits
from webapp.domain.applications.entry import Barrier
from webapp.domain.applications.record import How
from webapp.models import Application
from webapp.web import (
    forwarded,
    gate_pages,
    last_activity,
    limits,
    onward,
    pages,
    passes,
    scope,
    visit_cookie,
)

blueprint = Blueprint("gate", __name__, url_prefix="/gate")

LOCATION = "X-Gatehouse-Location"  # where nginx sends a browser; it takes no redirect from us
_DIGEST = re.compile(r"[0-9a-f]{64}")


@blueprint.route("/check", methods=["GET", "POST"], provide_automatic_options=False)
@blueprint.route("/check", methods=["GET"], websocket=True)  # Caddy passes on that it is one
def check() -> AnyResponse:
    """Whether a request may pass, and as whom; this sets no cookie and writes nothing."""
    host, name = forwarded.asked_about(request)
    visit = visit_cookie.visit(request, host, name)
    if visit is None:
        return _unknown(_application(host, name))
    if (barrier := entry.barrier(visit)) is not None:
        last_activity.later(partial(visits.refused, visit, barrier))
        return gate_pages.barred(visit, barrier)
    if visit_checks.is_due(visit):
        last_activity.later(partial(sessions.used, visit.session_id))
    return Response(headers=passes.headers(visit))


@blueprint.after_request
def _leave_none_out(response: Response) -> Response:
    """All four names in every answer, so that none can come from somebody else."""
    if request.endpoint == "gate.check":
        for name in passes.NAMES:
            response.headers.setdefault(name, "")
    return response


@blueprint.get("/enter")
@limits.entries
def enter() -> AnyResponse:
    """The way in for somebody who is signed in: a code for the application's host, or why not."""
    application = hosts.named(request.args.get("application", ""))
    state, to = request.args.get("state", ""), forwarded.way_back(request.args.get("to"))
    if application is None:
        return gate_pages.refused(None, Barrier.NO_MEMBER)
    barrier = entry.what_bars(application, scope.me())
    if barrier is not None:
        record.refused(application, scope.me(), How.PROXY, barrier)
        return gate_pages.refused(application, barrier)
    if not _DIGEST.fullmatch(state):  # opened by hand
        return onward.to(gate_pages.start(application, to), application.name)
    code = visits.begin(application, by=scope.my_session(), state=state)
    query = urlencode({"code": code, "to": to})
    address = f"{hosts.origin(application)}{forwarded.OWN_PATHS}enter?{query}"
    return onward.to(address, application.name)


@blueprint.get("/failed")
def failed() -> Response:
    """A code did not work: what that may come from, and how to try it again."""
    application = hosts.named(request.args.get("application", "")) or abort(404)
    if entry.what_bars(application, scope.me()) is Barrier.NO_MEMBER:
        abort(404)  # as if there were none
    to = forwarded.way_back(request.args.get("to"))
    again = gate_pages.start(application, to)
    return pages.render("gate/failed.html", application=application, again=again, status=410)


def _unknown(application: Application | None) -> AnyResponse:
    """Nobody's visit: browsers are sent to begin one, everything else is told to stop."""
    response = Response(status=401, mimetype="text/plain")
    if application is None or not forwarded.is_navigation():
        return response
    address = gate_pages.start(application, forwarded.path())
    if forwarded.takes_redirects():
        return redirect(address, 302)
    response.headers[LOCATION] = address
    return response


def _application(host: str, name: str | None) -> Application | None:
    """The application at the host, if it has the name that the proxy may have given as well.

    By the name alone there is none: anybody who guesses a name would be told its host.
    """
    found = hosts.at(host)
    return found if found is not None and name in (None, hosts.name(found)) else None
