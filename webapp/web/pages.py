"""Whole pages, and the fragments of them that htmx asks for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
)
from flask import url_for as flask_url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock, formats, languages, signing
from webapp.domain.errors import Refusal
from webapp.domain.events import names
from webapp.domain.organizations import permissions
from webapp.domain.requests import table
from webapp.domain.requests.table import Reader
from webapp.languages import gettext as _
from webapp.models import Membership
from webapp.web import markup, moments, scope
from webapp.web.forms import double_submission, kept, kept_addresses
from webapp.web.paths import own_path as own_path
from webapp.web.paths import row_id as row_id
from webapp.web.paths import without_empty as without_empty


class Fragment(NamedTuple):
    """A part of a page: its template, and the place in the page that it fills."""

    template: str
    into: str
    swap: str = "outerHTML"
    has_address: bool = False  # the request's address shows the same, so it goes to the address bar


def dialog(template: str) -> Fragment:
    """A form that htmx puts into the dialog; without it the form is a page."""
    return Fragment(template, "#dialog", "innerHTML")


def render(
    template: str, *, fragment: Fragment | None = None, status: int = 200, **facts: Any
) -> Response:
    """The page, or its fragment when htmx asks for it."""
    if fragment is None or not wants_fragment():
        response = make_response(render_template(template, **facts), status)
    else:
        body = render_template(fragment.template, as_fragment=True, **facts)
        body += render_template("_messages.html")
        response = make_response(body, status)
        response.headers["HX-Retarget"] = fragment.into
        response.headers["HX-Reswap"] = fragment.swap
        if fragment.has_address and not _targets(fragment.into):
            response.headers["HX-Replace-Url"] = request.full_path.rstrip("?")
    response.vary.add("HX-Request")
    return response


def wants_fragment() -> bool:
    """Whether htmx asks for a part of a page."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-Request-Type") != "full"


def _targets(place: str) -> bool:
    return request.headers.get("HX-Target", "").endswith(place)


def go(address: str) -> AnyResponse:
    """303: the answer to every POST that succeeded."""
    return redirect(address, 303)


def back_or(address: str, *, row: int | None = None) -> AnyResponse:
    """303 to the page of the button, at that row, if it is a path of ours, else to the address."""
    back = own_path(request.form.get("back"))
    if not back:
        return go(address)
    return go(back if row is None or wants_fragment() else f"{back.partition('#')[0]}#row-{row}")


def sent_token() -> str:
    """The link's token, from the form or the address; 400 if two differ.

    Some mail programs put a line break before its name (`?%0Dtoken=`).
    """
    sent = [*request.args.items(multi=True), *request.form.items(multi=True)]
    tokens = {signing.pasted(text) for name, text in sent if name.strip() == "token"} - {""}
    if len(tokens) > 1:
        abort(400)
    return tokens.pop()[:2000] if tokens else ""


def refused(refusal: Refusal) -> Response:
    """The answer to a button that the domain refused: what happened, and the way back."""
    fragment = Fragment("_refused.html", "#messages", "innerHTML")
    if _targets("#dialog"):
        fragment = Fragment("_refused_dialog.html", "#dialog", "innerHTML")
    return render(
        "refused.html",
        fragment=fragment,
        status=refusal.status,
        refusal=refusal,
        back=own_path(request.form.get("back")),
    )


def start(app: Flask, version: str) -> None:
    """Give templates their filters and what every page shows."""
    app.template_filter("iso")(moments.iso)
    app.template_filter("exact")(formats.exact)
    app.template_filter("ago")(formats.ago)
    app.template_filter("minutes")(formats.minutes)
    app.template_filter("number")(formats.number)
    app.template_filter("tenths")(formats.tenths)
    app.template_filter("percent")(formats.percent)
    app.template_filter("nl2br")(markup.nl2br)
    app.template_filter("breakable")(markup.breakable)
    app.template_filter("filled")(languages.filled)
    app.template_filter("in_words")(names.called)
    app.jinja_env.globals["moment"] = moments.tag
    app.jinja_env.globals["csrf_token"] = generate_csrf
    app.jinja_env.globals["once"] = double_submission.mark
    app.jinja_env.globals["asset"] = _asset_addresses()
    app.jinja_env.globals["version"] = version
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_on_every_page)


def _asset_addresses() -> Callable[[str], str]:
    """The addresses of static files, each with a hash of its content, which is read once."""

    @cache
    def address(name: str) -> str:
        body = (Path(str(current_app.static_folder)) / name).read_bytes()
        return flask_url_for("static", filename=name, v=hashlib.sha256(body).hexdigest()[:12])

    return address


def _on_every_page() -> dict[str, Any]:
    return {
        "me": scope.user(),
        "here": scope.current_organization(),
        "may": scope.may,
        **_frame(),
        "now": clock.now(),
        "as_fragment": False,
        "current_path": kept_addresses.without(request.full_path.rstrip("?")),
        "kept": kept.returned(),
    }


def _frame() -> dict[str, Any]:
    """The organization at the head of the page, and its pages, which no fragment asks for."""
    membership = None if request.endpoint == "static" else scope.frame()
    if membership is None:
        return {"frame": None, "nav": list}
    return {"frame": membership.organization, "nav": partial(_nav, membership)}


def _with_count(membership: Membership, label: str) -> str:
    """The label with how many wait for the reader, if any do."""
    reader = Reader(membership.organization, scope.me(), membership.role)
    waiting = table.count(reader)
    return f"{label} ({formats.number(waiting)})" if waiting else label


def _nav(membership: Membership) -> list[tuple[str, str, bool]]:
    slug, items = membership.organization.slug, []
    for label, part, endpoint, permission in (
        (_("Invitations"), "invitations", "invitations.index", "invitations:read"),
        (_("Members"), "members", "members.index", "members:read"),
        (_("Groups"), "groups", "groups.index", "groups:read"),
        (_("Applications"), "applications", "applications.index", "applications:read"),
        (_("Requests"), "requests", "requests.index", "invitations:write"),
        (_("Reports"), "reports", "reports.index", "invitations:read"),
        (_("Audit"), "audit", "audit.index", "audit:read"),
        (_("Settings"), "settings", "settings.team", "settings:write"),
    ):
        if permissions.allows(membership.role, permission):
            is_current = request.path.startswith(f"/orgs/{slug}/{part}")
            if part == "requests":
                label = _with_count(membership, label)
            items.append((label, flask_url_for(endpoint, slug=slug), is_current))
    return items
