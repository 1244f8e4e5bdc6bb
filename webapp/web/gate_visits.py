"""What an application's proxy hands to us of the application's own host: /.gatehouse/…

Here our pages have no session, no form cookie and no navigation: only the cookies of
`visit_cookie`. On our own host, and on a host that no application has, there is nothing.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import config, signing
from webapp.domain.applications import entry, hosts, visits
from webapp.models import Application
from webapp.web import forwarded, gate_pages, visit_cookie

blueprint = Blueprint("gate_visits", __name__, url_prefix="/.gatehouse")


@blueprint.get("/start")
def start() -> AnyResponse:
    """Give the browser what ties the code to it, and send it to sign in."""
    application, to = _application(), forwarded.way_back(request.args.get("to"))
    home = application.home_url
    state = visit_cookie.state(home) or secrets.token_urlsafe(32)
    digest = signing.digest(state)
    query = urlencode({"application": hosts.name(application), "state": digest, "to": to})
    response = redirect(f"{config.current().public_url}/gate/enter?{query}", 302)
    if request.method == "GET":
        visit_cookie.put(response, visit_cookie.STATE, home, state, visit_cookie.STATE_SECONDS)
    return response


@blueprint.get("/enter")
def enter() -> AnyResponse:
    """Make the code a visit, and go to what was asked for."""
    application, to = _application(), forwarded.way_back(request.args.get("to"))
    home, codes = application.home_url, request.args.getlist("code")
    try:
        if len(codes) != 1:
            raise visits.Unusable
        state = visit_cookie.state(home)
        token, lasts = visits.enter(application, codes[0][:100], state=state)
    except visits.Unusable:
        # Opened a second time, by somebody who is inside?
        visit = visit_cookie.visit(request, application.host)
        return redirect(to if visit else gate_pages.failed(application, to), 303)
    response = redirect(to, 303)
    seconds = int(lasts / timedelta(seconds=1))
    visit_cookie.put(response, visit_cookie.VISIT, home, token, seconds)
    return response


@blueprint.get("/refused")
def refused() -> AnyResponse:
    """Why somebody with a visit may not enter now; nginx shows it for its own 403."""
    visit = visit_cookie.visit(request, _application().host)
    barrier = visit and entry.barrier(visit)
    return gate_pages.barred(visit, barrier) if visit and barrier else redirect("/", 303)


@blueprint.get("/sign-out")
def ask_sign_out() -> Response:
    """The button."""
    return gate_pages.render("gate/sign_out.html", application=_application())


@blueprint.post("/sign-out")
def sign_out() -> AnyResponse:
    """End the visit. Other sites cannot: the browser sends them no cookie of this one (Lax)."""
    home = _application().home_url
    visits.end(visit_cookie.read(visit_cookie.VISIT, home))
    response = redirect(url_for(".left"), 303)
    visit_cookie.put(response, visit_cookie.VISIT, home, "", 0)
    return response


@blueprint.get("/left")
def left() -> Response:
    """The visit has ended, the session has not."""
    return gate_pages.render("gate/left.html", application=_application())


@blueprint.get("/app.css")
def style() -> Response:
    """The style of our pages, which have to bring it along to this host."""
    _application()
    return current_app.send_static_file("app.css")


def _application() -> Application:
    return hosts.at(forwarded.host(request)) or abort(404)
