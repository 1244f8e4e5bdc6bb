"""The first page, and short addresses of the others."""

from __future__ import annotations

from flask import Blueprint, Response, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.applications import table
from webapp.domain.organizations import ended_access, memberships, permissions
from webapp.web import applications, pages, scope

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def index() -> AnyResponse:
    """Sign-in, or what the member may enter in the organization last used, or a choice of them.

    Where an organization has no applications, its first page.
    """
    if scope.user() is None:
        return pages.go(url_for("sign_in.show"))
    membership = scope.frame()
    if membership is None:
        return pages.go(url_for("home.organizations"))
    doors = table.doors(membership.organization, scope.me())
    if not doors:
        return pages.go(url_for("home.organization", slug=membership.organization.slug))
    manages = permissions.allows(membership.role, "applications:write")
    return applications.launcher(membership.organization, doors, manages=manages)


@blueprint.get("/orgs")
def organizations() -> Response:
    """The organizations of the signed-in user."""
    me = scope.me()
    ended = [ended_access.words(member) for member in ended_access.of(me)]
    return pages.render("home/organizations.html", memberships=memberships.of(me), ended=ended)


@blueprint.get("/orgs/<slug:slug>")
@blueprint.get("/orgs/<slug:slug>/")
def organization(slug: str) -> AnyResponse:
    """The organization's first page for this member."""
    first = "invitations.index" if scope.may("invitations:read") else "members.index"
    return pages.go(url_for(first, slug=slug))


@blueprint.get("/invitations")
def to_invitations() -> AnyResponse:
    """The same page of the current organization."""
    return _to_current("invitations.index")


@blueprint.get("/members")
def to_members() -> AnyResponse:
    """The same page of the current organization."""
    return _to_current("members.index")


@blueprint.get("/reports")
def to_reports() -> AnyResponse:
    """The same page of the current organization."""
    return _to_current("reports.index")


@blueprint.get("/settings")
def to_settings() -> AnyResponse:
    """The same page of the current organization."""
    return _to_current("settings.team")


@blueprint.get("/audit")
def to_audit() -> AnyResponse:
    """The same page of the current organization."""
    return _to_current("audit.index")


@blueprint.get("/accessibility")
def accessibility() -> Response:
    """How these pages can be used, and whom to tell when one cannot."""
    return pages.render("home/accessibility.html")


def _to_current(endpoint: str) -> AnyResponse:
    membership = memberships.current(scope.me(), scope.my_session().organization_id)
    if membership is None:
        return pages.go(url_for("home.organizations"))
    return pages.go(url_for(endpoint, slug=membership.organization.slug))
