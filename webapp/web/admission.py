"""Access to pages: every request is checked against the access table before its view runs."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import trace
from webapp.domain.accounts import sessions
from webapp.domain.accounts.kept_forms import FACTOR
from webapp.domain.errors import Forbidden
from webapp.domain.organizations import memberships, permissions
from webapp.web import last_activity, session_cookie
from webapp.web.access import ACCESS, ANYONE, USER
from webapp.web.forms import kept, sent


def admit() -> AnyResponse | None:
    """Check the request against the access table; runs before every view."""
    g.session = g.user = g.membership = g.organization = g.kept = None
    if request.endpoint is None or request.endpoint == "static":
        return None
    g.session = session_cookie.find_session()
    g.user = g.session.user if g.session else None
    last_activity.find_due()
    who = ACCESS[request.endpoint]
    if who == ANYONE:
        return None
    if g.session is None:
        return to_sign_in()
    let_in()
    answer = kept.recall(g.user.id)
    if answer is not None or who == USER:
        return answer
    return _enter_organization(who)


def _enter_organization(permission: str) -> AnyResponse | None:
    slug = (request.view_args or {})["slug"]
    g.membership = memberships.active_in(g.user, slug)
    g.organization = g.membership.organization
    last_activity.find_due()
    if not g.organization.is_active:
        raise Forbidden("This organization is suspended. Ask the operator of this installation.")
    if g.organization.requires_second_factor and not g.user.has_second_factor:
        return _to_second_factor()
    if not permissions.allows(g.membership.role, permission):
        raise Forbidden("Your role in this organization does not allow this. Ask an admin.")
    if g.session.organization_id != g.membership.organization_id:
        sessions.use_organization(g.session.id, g.membership.organization_id)
    return None


def let_in() -> None:
    """Note the session that this request acts by, if there is one (domain/events/callers.py)."""
    if g.session is not None:
        trace.let_in("session", g.session.id, g.user.id)


def to_sign_in() -> AnyResponse:
    """Send a visitor to the sign-in page, and back afterwards."""
    is_fragment = request.headers.get("HX-Request") == "true"
    current = urlsplit(request.headers.get("HX-Current-URL", ""))
    if request.method == "POST":
        back = sent.way_back(session_cookie.ended_session())
    elif is_fragment:
        back = f"{current.path}?{current.query}" if current.query else current.path
    else:
        back = request.full_path.rstrip("?")
    address = url_for("sign_in.show", next=back or None)
    return _redirect_htmx(address) if is_fragment else redirect(address, 303)


def _to_second_factor() -> AnyResponse:
    words = f"{g.organization.name} requires a second factor. Switch it on here to get in."
    if request.method == "POST":
        sent.way_back(g.session, FACTOR)
        words += " Nothing was done yet; you go back to it afterwards."
    flash(words, "info")
    address = url_for("second_factor.show")
    if request.headers.get("HX-Request") != "true":
        return redirect(address, 303)
    return _redirect_htmx(address)


def _redirect_htmx(address: str) -> AnyResponse:
    """Send htmx to the address; a redirect would put the whole page where the fragment goes."""
    answer = current_app.make_response(("", 401))
    answer.headers["HX-Redirect"] = address
    answer.vary.add("HX-Request")
    return answer
