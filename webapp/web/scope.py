"""Who is asking, and in which organization: settled before a view begins."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import NoReturn
from urllib.parse import urlsplit

from flask import Response, abort, current_app, flash, g, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import config, trace
from webapp.domain.accounts import api_keys, sessions, sign_ins
from webapp.domain.accounts.kept_forms import FACTOR
from webapp.domain.errors import Forbidden
from webapp.domain.organizations import memberships, permissions
from webapp.models import Membership, Organization, Session, User
from webapp.web.access import ACCESS, ANYONE, USER
from webapp.web.forms import double_submission, kept
from webapp.web.limits import known_devices

log = logging.getLogger("gatehouse.web")

READING = ("GET", "HEAD", "OPTIONS")


def admit() -> AnyResponse | None:
    """Hold the request against the access table; runs before every view."""
    g.session = g.user = g.membership = g.organization = g.kept = None
    if request.endpoint is None or request.endpoint == "static":
        return None
    g.session = _session()
    g.user = g.session.user if g.session else None
    ask_what_is_due()
    who = ACCESS[request.endpoint]
    if who == ANYONE:
        return None
    if g.session is None:
        return to_sign_in()
    let_in()
    elsewhere = kept.recall(g.user.id)
    if elsewhere is not None or who == USER:
        return elsewhere
    slug = (request.view_args or {})["slug"]
    g.membership = memberships.here(g.user, slug)
    g.organization = g.membership.organization
    ask_what_is_due()
    if not g.organization.is_active:
        raise Forbidden("This organization is suspended. Ask the operator of this installation.")
    if g.organization.requires_second_factor and not g.user.has_second_factor:
        return _to_second_factor()
    if not permissions.allows(g.membership.role, who):
        raise Forbidden("Your role in this organization does not allow this. Ask an admin.")
    if g.session.organization_id != g.membership.organization_id:
        sessions.use_organization(g.session.id, g.membership.organization_id)
    return None


def let_in() -> None:
    """Note the session by which this request acts, if there is one (domain/events/callers.py)."""
    if g.session is not None:
        trace.let_in("session", g.session.id, g.user.id)


def ask_what_is_due() -> None:
    """What `note_activity` will write, asked before a verb makes the rows stale."""
    g.notes = notes = []
    session_, member, bearer = g.get("session"), g.get("membership"), g.get("bearer")
    if session_ is not None and sessions.is_due(session_):
        notes.append(partial(sessions.used, session_.id))
    if bearer is not None and bearer.key is not None and api_keys.is_due(bearer.key):
        notes.append(partial(api_keys.used, bearer.key.id))
    if request.method not in READING and member is not None and memberships.is_due(member):
        notes.append(partial(memberships.seen, member.id))


def note_activity(response: Response) -> Response:
    """After the answer is sent, move `last_used_at`, and `last_seen_at` for what changed something.

    Each at most every five minutes; a write that fails, fails no request.
    """
    notes: list[Callable[[], None]] = g.get("notes", [])
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def write() -> None:
        try:
            with app.app_context():
                for note in notes:
                    note()
        except Exception as error:
            log.warning("last activity was not written: %s", type(error).__name__)

    if notes:
        response.call_on_close(write)
    return response


def me() -> User:
    """The signed-in user."""
    found = user()
    return found if found is not None else _nobody()


def user() -> User | None:
    """The signed-in user, if there is one."""
    found: User | None = g.get("user")
    return found


def organization() -> Organization:
    """The organization of the address, where the view is inside one."""
    found = here()
    return found if found is not None else _nobody()


def here() -> Organization | None:
    """The organization of the address, if there is one and the user is in it."""
    found: Organization | None = g.get("organization")
    return found


def present_session() -> Session | None:
    """The session of the request's cookie."""
    found: Session | None = g.get("session")
    return found


def ended_session() -> Session | None:
    """The session that this browser had until it ended, by its cookie or what the form cookie says.

    Browsers drop the session's own cookie as it ends by age or by signing out in another tab.
    """
    token = request.cookies.get(cookie_name())
    return (sessions.known(token) if token else None) or kept.last_session()


def my_session() -> Session:
    """The session of the signed-in user."""
    found = present_session()
    return found if found is not None else _nobody()


def may(permission: str) -> bool:
    """Whether the signed-in member has the permission in the organization of the address."""
    found: Membership | None = g.get("membership")
    return found is not None and permissions.allows(found.role, permission)


def cookie_name() -> str:
    """The session cookie's name; __Host- binds it to the very host (RFC 6265bis 4.1.3)."""
    return "__Host-gatehouse" if config.current().https else "gatehouse"


def sign_in(response: Response | AnyResponse, token: str) -> None:
    """Put the session's token in the browser, in place of any that it had."""
    before, now = present_session(), sessions.find(token)
    if before is not None:
        sessions.end(before.id)
    double_submission.emptied(partial(kept.welcome, response, now))
    if now is not None:
        known_devices.remember(response, now.user)
    response.set_cookie(
        cookie_name(),
        token,
        max_age=int(sessions.lifetime().total_seconds()),
        secure=config.current().https,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def enter(outcome: str | sign_ins.SecondStep, address: str) -> AnyResponse:
    """Go to the address signed in, or first to where the second factor is asked for."""
    if isinstance(outcome, sign_ins.SecondStep):
        session["second_step"] = outcome.pending
        return redirect(url_for("sign_in.ask_code", next=address), 303)
    response = redirect(address, 303)
    sign_in(response, outcome)
    return response


def sign_out(response: Response | AnyResponse) -> None:
    """End the request's session in the database and drop its cookie."""
    present = present_session()
    if present is not None:
        sessions.end(present.id)
    double_submission.emptied(partial(kept.farewell, present))
    response.delete_cookie(
        cookie_name(), path="/", secure=config.current().https, httponly=True, samesite="Lax"
    )


def _session() -> Session | None:
    token = request.cookies.get(cookie_name())
    return sessions.find(token) if token else None


def to_sign_in() -> AnyResponse:
    """Send a visitor who has to sign in there, and back afterwards."""
    is_fragment = request.headers.get("HX-Request") == "true"
    present = urlsplit(request.headers.get("HX-Current-URL", ""))
    if request.method == "POST":
        back = kept.way_back(ended_session())
    elif is_fragment:
        back = f"{present.path}?{present.query}" if present.query else present.path
    else:
        back = request.full_path.rstrip("?")
    address = url_for("sign_in.show", next=back or None)
    return _elsewhere(address) if is_fragment else redirect(address, 303)


def _to_second_factor() -> AnyResponse:
    words = f"{g.organization.name} requires a second factor. Switch it on here to get in."
    if request.method == "POST":
        kept.way_back(g.session, FACTOR)
        words += " Nothing was done yet; you go back to it afterwards."
    flash(words, "info")
    address = url_for("second_factor.show")
    if request.headers.get("HX-Request") != "true":
        return redirect(address, 303)
    return _elsewhere(address)


def _elsewhere(address: str) -> AnyResponse:
    """For htmx: the browser goes there, instead of a whole page in a fragment's place."""
    answer = current_app.make_response(("", 401))
    answer.headers["HX-Redirect"] = address
    answer.vary.add("HX-Request")
    return answer


def _nobody() -> NoReturn:
    abort(404)
