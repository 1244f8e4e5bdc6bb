"""Which mail of an organization arrived, failed or is waiting, for its admins."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webapp.domain.deliverability import deliveries, refusals
from webapp.domain.deliverability import health as deliverability_health
from webapp.web import pages, scope
from webapp.web.pages import Fragment

blueprint = Blueprint("mail_health", __name__, url_prefix="/orgs/<slug:slug>/settings/email")

MOST_REFUSED = 5  # alarms at once
LIST = Fragment("mail_health/_list.html", "#mail-health", has_address=True)


@blueprint.get("/health")
def index(slug: str) -> Response:
    """The counts, and the mail of one outcome page by page."""
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
        refused=refusals.lately(organization)[:MOST_REFUSED],
    )
