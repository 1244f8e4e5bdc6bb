"""How much of an organization's mail arrives, for its admins."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webapp.domain.deliverability import deliveries
from webapp.domain.deliverability import health as deliverability_health
from webapp.web import pages, scope
from webapp.web.pages import Fragment

blueprint = Blueprint("mail_health", __name__, url_prefix="/orgs/<slug:slug>/settings/email")

LIST = Fragment("mail_health/_list.html", "#mail-health", has_address=True)


@blueprint.get("/health")
def index(slug: str) -> Response:
    """The figures, and the mails of one kind page by page."""
    organization = scope.organization()
    health = deliverability_health.of(organization)
    name = request.args.get("kind")
    kind = name if name in deliverability_health.KINDS else health.worst
    return pages.render(
        "mail_health/index.html",
        fragment=LIST,
        health=health,
        most=deliverability_health.COUNTED,
        kind=kind,
        page=deliverability_health.page(
            organization, kind, before=pages.row_id(request.args.get("before"))
        ),
        hold=deliveries.hold(),
    )
