"""The pages at the gate, and their addresses.

Those on an application's host stand alone: what our other pages link to is not there.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, make_response, render_template

from webapp import config
from webapp.domain.applications import hosts, refusals
from webapp.domain.applications.entry import Barrier
from webapp.domain.applications.visit_checks import LiveVisit
from webapp.models import Application
from webapp.web import forwarded, pages, scope

STYLE = f"{forwarded.OWN_PATHS}app.css"


def start(application: Application, to: str) -> str:
    """Where a visit begins: on the application's own host."""
    return f"{hosts.origin(application)}{forwarded.OWN_PATHS}start?to={quote(to, safe='')}"


def failed(application: Application, to: str) -> str:
    """Where somebody is told that a code did not work."""
    query = urlencode({"application": hosts.name(application), "to": to})
    return f"{config.current().public_url}/gate/failed?{query}"


def render(template: str, status: int = 200, **facts: object) -> Response:
    """A page on an application's host."""
    body = render_template(template, style=STYLE, gatehouse=config.current().public_url, **facts)
    response = make_response(body, status)
    response.vary.add("HX-Request")
    return response


def refused(application: Application | None, barrier: Barrier) -> Response:
    """Why the signed-in person may not enter, on our own host.

    Of an application whose organization they are not in they learn no more than of none.
    """
    known = application if barrier is not Barrier.NO_MEMBER else None
    facts = _why(barrier, known.organization_id if known else 0)
    return pages.render(
        "gate/refused.html", status=403, application=known, email=scope.me().email, **facts
    )


def barred(visit: LiveVisit, barrier: Barrier) -> Response:
    """Why a visit is refused by now, on the application's host: a page for people, else a line."""
    facts = _why(barrier, visit.application_organization_id)
    if not forwarded.is_navigation():
        response = make_response(f"{facts['words']}\n", 403)
        response.mimetype = "text/plain"
        return response
    known = visit if barrier is not Barrier.NO_MEMBER else None
    return render("gate/barred.html", 403, visit=known, email=visit.email, **facts)


def _why(barrier: Barrier, organization_id: int) -> dict[str, Any]:
    return {
        "words": refusals.said(barrier),
        "admins": refusals.whom_to_ask(organization_id, barrier),
        "barrier": barrier,
    }
