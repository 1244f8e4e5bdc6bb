"""Who is in the organization."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webapp.domain import memberships
from webapp.web import pages, scope

blueprint = Blueprint("members", __name__, url_prefix="/orgs/<slug:slug>/members")


@blueprint.get("")
def index(slug: str) -> Response:
    """The active members; their last activity for admins and managers only."""
    organization = scope.organization()
    rows, more = memberships.page(organization, after=pages.row_id(request.args.get("after")))
    return pages.render(
        "members/index.html",
        members=rows,
        next_after=more,
        total=memberships.count(organization),
        shows_activity=scope.may("members:activity"),
    )
