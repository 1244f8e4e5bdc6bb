"""Access to pages: every request is checked against the access table before its view runs."""

from __future__ import annotations

from contextlib import suppress

from flask import current_app, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import trace
from webapp.domain.accounts import sessions
from webapp.domain.accounts.kept_forms import FACTOR
from webapp.domain.errors import Forbidden
from webapp.domain.organizations import memberships, permissions
from webapp.languages import gettext as _
from webapp.web import last_activity, pages, paths, session_cookie
from webapp.web.access import ACCESS, ANYONE, USER
from webapp.web.api import guard
from webapp.web.forms import kept, kept_words, sent


def admit() -> AnyResponse | None:
    """Check the request against the access table; runs before every view."""
    if request.endpoint == "static" or (request.endpoint is None and guard.is_call()):
        return None
    g.session = g.user = g.membership = g.organization = g.kept = None
    if request.endpoint is None:  # the page that says so is in the reader's language, if it can be
        with suppress(Exception):
            recognize()
        return None
    recognize()
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


def recognize() -> None:
    """Find out who is asking, if they are signed in."""
    g.session = session_cookie.find_session()
    g.user = g.session.user if g.session else None


def _enter_organization(permission: str) -> AnyResponse | None:
    slug = (request.view_args or {})["slug"]
    g.membership = memberships.active_in(g.user, slug)
    g.organization = g.membership.organization
    last_activity.find_due()
    if not g.organization.is_active:
        raise Forbidden(_("This organization is suspended. Ask the people who run this site."))
    if g.organization.requires_second_factor and not g.user.has_second_factor:
        return _to_second_factor()
    if not permissions.allows(g.membership.role, permission):
        raise permissions.refused()
    is_elsewhere = g.session.organization_id != g.membership.organization_id
    if is_elsewhere and request.method != "HEAD":
        sessions.use_organization(g.session.id, g.membership.organization_id)
    return None


def let_in() -> None:
    """Note the session that this request acts by, if there is one (domain/events/callers.py)."""
    if g.session is not None:
        trace.let_in("session", g.session.id, g.user.id)


def to_sign_in() -> AnyResponse:
    """Send a visitor to the sign-in page, and back afterwards."""
    is_fragment = request.headers.get("HX-Request") == "true"
    if request.method == "POST":
        back = sent.way_back(session_cookie.ended_session())
        if is_fragment and sent.is_lost(back):
            return _stay()
    elif is_fragment:
        back = paths.of_address(request.headers.get("HX-Current-URL", ""))
    else:
        back = request.full_path.rstrip("?")
    address = url_for("sign_in.show", next=back or None)
    return _redirect_htmx(address) if is_fragment else redirect(address, 303)


def _stay() -> AnyResponse:
    """A whole page, of which app.js makes a message on the page that htmx is on."""
    return pages.render(
        "error.html",
        status=401,
        title=_("You are signed out"),
        advice=_(kept_words.STAY),
        request_id=trace.current().request_id,
    )


def _to_second_factor() -> AnyResponse:
    words = _(
        "%(organization)s requires a second factor. Turn it on here to get in.",
        organization=g.organization.name,
    )
    if request.method == "POST":
        sent.way_back(g.session, FACTOR)
        words += " " + _("Nothing was done yet. You will come back to it afterwards.")
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
