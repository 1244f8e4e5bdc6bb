"""The API for reports on invitations."""

from __future__ import annotations

from typing import Any

from webapp.domain import reports
from webapp.domain.errors import Refusal, Refusals
from webapp.domain.reports import periods
from webapp.web import limits
from webapp.web.api import guard, paging, problems, request_schemas
from webapp.web.api.bodies import Blueprint
from webapp.web.api.response_schemas.reports import ReportSchema

blueprint = Blueprint("api_reports", __name__, url_prefix="/api/v1/reports")
limits.calls(blueprint)
limits.unknown_calls(blueprint)


@blueprint.get("/invitations")
@blueprint.arguments(request_schemas.ReportPeriod, location="query")
@blueprint.response(200, ReportSchema)
def invitations(query: dict[str, Any]) -> Any:
    """Report on invitations

    The outcome of the invitations created in a period: the same figures as the reports page,
    counted afresh for each call. Without `from` and `to`, the last twelve weeks.
    """
    try:
        period = periods.read(query.get("from_"), query.get("to"), query.get("zone"))
    except Refusal as refusal:
        parts = refusal.refusals if isinstance(refusal, Refusals) else [refusal]
        messages = {str(part.field): [part.message] for part in parts}
        raise problems.Invalid({"query": messages}) from None
    only = {
        "group_id": paging.group_id(query.get("group")),
        "link_id": paging.link_id(query.get("link")),
    }
    return reports.invitations(guard.organization(), period, **only)
